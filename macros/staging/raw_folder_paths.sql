{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro raw_folder_paths(folder) -%}
    {{- return(adapter.dispatch('raw_folder_paths')(folder)) -}}
{%- endmacro %}
