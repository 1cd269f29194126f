{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro raise_error(message) -%}
    {{- return(adapter.dispatch('raise_error')(message)) -}}
{%- endmacro %}
