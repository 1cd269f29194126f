{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro raw_folder_paths(folder) -%}
    {{- return(adapter.dispatch('raw_folder_paths')(folder)) -}}
{%- endmacro %}

{% macro duckdb__raw_folder_paths(folder) -%}
    {%- set files = run_query(
        "select file from glob('" ~ folder | replace("'", "''") ~ "/*')"
    ) -%}
    {{- return(files.columns[0].values() | list) -}}
{%- endmacro %}
