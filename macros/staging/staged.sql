{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro staged(entity) -%}
    {{- return(ref('stg_' ~ setting('source_system') ~ '__' ~ entity)) -}}
{%- endmacro %}
