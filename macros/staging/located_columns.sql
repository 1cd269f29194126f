{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro located_columns(spec, headers, path) -%}
    {%- set columns = [] -%}
    {%- set missing = [] -%}
    {%- for column in spec.columns -%}
        {%- set places = [] -%}
        {%- for header in headers -%}
            {%- if header.name | trim | lower == column.header | lower -%}
                {%- do places.append(loop.index) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if places | length > 1 -%}
            {{ exceptions.raise_compiler_error(
                "restock: file '" ~ path ~ "' has the column '" ~ column.header
                ~ "' " ~ places | length ~ " times. Keep one of them."
            ) }}
        {%- endif -%}
        {%- if not places and not column.is_optional -%}
            {%- do missing.append(column.header) -%}
        {%- endif -%}
        {%- do columns.append(dict(
            column,
            cell='cell_' ~ places[0] if places else none,
            is_checked=places and (not column.is_nullable or column.type != 'varchar'),
            cell_type=headers[places[0] - 1].type if places else none,
            has_decimal_commas=(headers[0].text_format or {}).has_decimal_commas,
        )) -%}
    {%- endfor -%}
    {%- if missing -%}
        {%- set header = headers | map(attribute='name') | join(', ') -%}
        {%- set delimiters = {';': 'semicolons', '\t': 'tabs', '|': 'bars'} -%}
        {%- set found = [] -%}
        {%- for delimiter, word in delimiters.items() if delimiter in header -%}
            {%- do found.append(word) -%}
        {%- endfor -%}
        {{ exceptions.raise_compiler_error(
            "restock: file '" ~ path ~ "' lacks the column " ~ missing | join(', ')
            ~ ". Its header has: " ~ header ~ ". "
            ~ (
                "Its cells are parted by " ~ found[0] ~ "; the delimiter is a comma. "
                ~ "Save it with commas between cells and points in numbers, by the "
                ~ "region that the spreadsheet is set to or where it asks on saving."
                if found else
                "Add the column; case and order do not matter, the delimiter is a "
                ~ "comma."
            )
        ) }}
    {%- endif -%}
    {{- return(columns) -}}
{%- endmacro %}
