{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro duckdb__raw_text_lines(path) -%}
    {#- One cell per line: no text holds this delimiter. -#}
    select
        line_number,
        line
    from (
        select
            row_number() over () as line_number,
            line
        from read_csv(
            '{{ path | replace("'", "''") }}',
            auto_detect = false,
            header = false,
            delim = '{{ "\x01\x02\x03\x04" }}',
            quote = '',
            escape = '',
            strict_mode = false,
            columns = {'line': 'varchar'}
        )
    ) as physical_lines
    where
        line <> ''
        {#- Trimming is dear, and few lines begin with a blank. #}
        and (line > '!' or trim(line, ' ' || chr(9)) <> '')
{%- endmacro %}
