{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro duckdb__raw_folder_paths(folder) -%}
    {%- set files = run_query(
        "select file from glob('" ~ folder | replace("'", "''") ~ "/*')"
    ) -%}
    {{- return(files.columns[0].values() | list) -}}
{%- endmacro %}
