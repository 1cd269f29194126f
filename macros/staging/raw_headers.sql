{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro raw_headers(path) -%}
    {{- return(adapter.dispatch('raw_headers')(path)) -}}
{%- endmacro %}

{% macro duckdb__raw_headers(path) -%}
    {%- set quoted = "'" ~ path | replace("'", "''") ~ "'" -%}
    {%- set headers = [] -%}
    {%- if path | lower | replace('.parquet', '') != path | lower -%}
        {%- for row in run_query('describe select * from read_parquet(' ~ quoted ~ ')') -%}
            {%- do headers.append({'name': row[0], 'type': row[1]}) -%}
        {%- endfor -%}
    {%- else -%}
        {#- One cell per line: the delimiter given cannot occur in text. -#}
        {%- set first = run_query(
            "select line from read_csv(" ~ quoted ~ ", delim = '\x01', quote = '', "
            ~ "escape = '', header = false, auto_detect = false, "
            ~ "columns = {'line': 'varchar'}) where line is not null limit 1"
        ) -%}
        {%- set line = first.columns[0].values()[0] if first.rows else '' -%}
        {%- set cells = modules.re.findall(
            '(?:^|,)("(?:[^"]|"")*"|[^,]*)', line | replace('\ufeff', '')
        ) -%}
        {%- for cell in cells -%}
            {%- do headers.append({'name': cell.strip().strip('"'), 'type': 'VARCHAR'}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(headers) -}}
{%- endmacro %}
