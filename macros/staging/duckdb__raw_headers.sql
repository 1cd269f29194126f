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
        {%- set first = run_query(raw_text_lines(path) ~ ' limit 1') -%}
        {%- if not first.rows -%}
            {{ exceptions.raise_compiler_error(
                "restock: file '" ~ path ~ "' is empty. Its first line must be a header."
            ) }}
        {%- endif -%}
        {%- for cell in modules.re.findall(
            '\s*("(?:[^"]|"")*"|[^,]*?)\s*,', first.rows[0][1] | replace('\ufeff', '') ~ ','
        ) -%}
            {%- do headers.append({
                'name': cell.strip('"').strip(),
                'type': 'VARCHAR',
                'line_number': first.rows[0][0],
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(headers) -}}
{%- endmacro %}
