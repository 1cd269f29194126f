{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro raw_lines(source_name, table_name) -%}
    {#- Called for the lineage: what is read is the file, not a relation. -#}
    {%- do source(source_name, table_name) -%}
    {%- if not execute -%}
        {{- return('select 1 as line_number') -}}
    {%- endif -%}
    {%- set spec = raw_source(source_name, table_name) -%}
    {%- set path = none if flags.EMPTY else raw_file(spec) -%}
    {{- return(
        no_lines(spec) if path is none
        else checked_lines(spec, path)
    ) -}}
{%- endmacro %}
