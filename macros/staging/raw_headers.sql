{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro raw_headers(path) -%}
    {{- return(adapter.dispatch('raw_headers')(path)) -}}
{%- endmacro %}
