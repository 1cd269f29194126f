{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro duckdb__raw_text_lines(path, encoding) -%}
    select
        line_number,
        line
    from (
        select
            row_number() over () as line_number,
            line
        from {{ duckdb__read_whole_lines(path, "encoding = '" ~ encoding ~ "'") }}
    ) as physical_lines
    where
        line <> ''
        {#- Trimming is dear, and few lines begin with a blank. #}
        and (line > '!' or trim(line, ' ' || chr(9)) <> '')
{%- endmacro %}
