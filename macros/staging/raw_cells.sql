{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro raw_cells(path, headers) -%}
    {{- return(adapter.dispatch('raw_cells')(path, headers)) -}}
{%- endmacro %}
