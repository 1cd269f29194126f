{#- Documented in macros/dates/_dates__macros.yml -#}

{% macro max_horizon_periods() -%}
    {{- return(by_planning_period('max_horizon')) -}}
{%- endmacro %}
