{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro duckdb__read_whole_lines(path, options) -%}
    {#- One cell per line: no text holds this delimiter. -#}
    read_csv(
        '{{ path | replace("'", "''") }}',
        auto_detect = false,
        header = false,
        delim = '{{ "\x01\x02\x03\x04" }}',
        quote = '',
        escape = '',
        strict_mode = false,
        columns = {'line': 'varchar'},
        {{ options }}
    )
{%- endmacro %}
