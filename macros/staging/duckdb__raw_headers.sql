{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro duckdb__raw_headers(path) -%}
    {%- set headers = [] -%}
    {%- if is_parquet(path) -%}
        {%- for row in run_query(
            "describe select * from read_parquet('" ~ path | replace("'", "''") ~ "')"
        ) -%}
            {%- do headers.append({'name': row[0], 'type': row[1], 'line_number': 1}) -%}
        {%- endfor -%}
    {%- else -%}
        {%- set text_format = raw_text_format(path) -%}
        {%- set first = run_query(
            raw_text_lines(path, text_format.encoding) ~ ' limit 20'
        ) -%}
        {%- if not first.rows -%}
            {{ exceptions.raise_compiler_error(
                "restock: file '" ~ path ~ "' is empty. Its first line must be a header."
            ) }}
        {%- endif -%}
        {#- A name in quotes may go on over the next lines. -#}
        {%- set header = namespace(
            text=first.rows[0][1], line_number=first.rows[0][0]
        ) -%}
        {%- for row in first.rows[1:]
            if header.text.count('"') % 2
            and modules.re.search('(^|,)\s*"([^"]|"")*$', header.text) -%}
            {%- set header.text = header.text ~ '\n' ~ row[1] -%}
            {%- set header.line_number = row[0] -%}
        {%- endfor -%}
        {%- for cell in modules.re.findall(
            '\s*("(?:[^"]|"")*"|[^,]*?)\s*,', header.text | replace('\ufeff', '') ~ ','
        ) -%}
            {%- do headers.append({
                'name': cell.strip('"').strip(),
                'type': 'VARCHAR',
                'line_number': header.line_number,
                'text_format': text_format,
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(headers) -}}
{%- endmacro %}
