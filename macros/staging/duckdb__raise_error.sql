{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro duckdb__raise_error(message) -%}
    error({{ message }})
{%- endmacro %}
