{#- Documented in macros/forecasting/_forecasting__macros.yml -#}

{% macro is_in_run(relation) -%}
    {%- if not execute -%}
        {{- return(true) -}}
    {%- endif -%}
    {%- set chosen = [] -%}
    {%- for node in selected_resources if node.split('.') | last == relation.identifier -%}
        {%- do chosen.append(node) -%}
    {%- endfor -%}
    {%- set whole_run = [] -%}
    {%- for node in selected_resources if node.endswith('.int_forecasts_baselines') -%}
        {%- do whole_run.append(node) -%}
    {%- endfor -%}
    {%- if chosen -%}
        {{- return(true) -}}
    {%- endif -%}
    {%- if whole_run -%}
        {{- return(false) -}}
    {%- endif -%}
    {{- return(
        load_relation(relation) is not none
        or relation.identifier.startswith('__dbt__cte__')
    ) -}}
{%- endmacro %}
