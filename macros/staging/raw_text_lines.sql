{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro raw_text_lines(path, encoding) -%}
    {{- return(adapter.dispatch('raw_text_lines')(path, encoding)) -}}
{%- endmacro %}
