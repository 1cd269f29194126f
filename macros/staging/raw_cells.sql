{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro raw_cells(path, headers) -%}
    {{- return(adapter.dispatch('raw_cells')(path, headers)) -}}
{%- endmacro %}

{% macro duckdb__raw_cells(path, headers) -%}
    {%- set quoted = "'" ~ path | replace("'", "''") ~ "'" -%}
    {%- set cells = [] -%}
    {%- for header in headers -%}
        {%- do cells.append('cell_' ~ loop.index) -%}
    {%- endfor -%}
    {%- if path | lower | replace('.parquet', '') != path | lower -%}
        select
            file_row_number + 2 as line_number,
            {%- for header in headers %}
            "{{ header.name | replace('"', '""') }}" as {{ cells[loop.index0] }},
            {%- endfor %}
            cast(null as varchar) as row_text,
            cast(null as varchar) as row_problem
        from read_parquet({{ quoted }}, file_row_number = true)
    {%- else -%}
        {#- A short line is padded with null, an empty cell is an empty text, and two
            spare cells catch what is too long: so every record comes back, and says
            what is wrong with it. The single reader keeps the order of the file. #}
        select
            1 + row_number() over () as line_number,
            {%- for cell in cells %}
            {{ cell }},
            {%- endfor %}
            concat_ws(',', {{ cells | join(', ') }}, spare_1, spare_2) as row_text,
            case
                when {{ cells[-1] }} is null then 'fewer cells than the header'
                when trim(spare_1) <> '' or spare_2 is not null
                    then 'more cells than the header'
            end as row_problem
        from read_csv(
            {{ quoted }},
            auto_detect = false,
            header = true,
            delim = ',',
            quote = '"',
            escape = '"',
            strict_mode = false,
            null_padding = true,
            nullstr = 'restock: no such cell',
            parallel = false,
            columns = {
                {%- for cell in cells %}
                '{{ cell }}': 'varchar',
                {%- endfor %}
                'spare_1': 'varchar',
                'spare_2': 'varchar'
            }
        )
    {%- endif -%}
{%- endmacro %}
