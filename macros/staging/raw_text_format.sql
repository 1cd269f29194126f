{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro raw_text_format(path) -%}
    {{- return(adapter.dispatch('raw_text_format')(path)) -}}
{%- endmacro %}
