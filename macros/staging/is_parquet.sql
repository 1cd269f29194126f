{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro is_parquet(path) -%}
    {{- return((path | lower).endswith('.parquet')) -}}
{%- endmacro %}
