{#- Documented in macros/statistics/_statistics__macros.yml -#}

{% macro at_least_zero(value) -%}
    case when {{ value }} < 0 then 0 else {{ value }} end
{%- endmacro %}
