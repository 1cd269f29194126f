{#- Documented in macros/dates/_dates__macros.yml -#}

{% macro by_planning_period(name) -%}
    {{- return(var(name ~ '_' ~ setting('planning_period') ~ 's')) -}}
{%- endmacro %}
