{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro duckdb__quoted_cells(line) -%}
    regexp_extract_all(
        {{ line }} || ',', '\s*("(?:[^"]|"")*"|[^,]*?)\s*,', 1
    )
{%- endmacro %}
