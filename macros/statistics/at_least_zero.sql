{#- Documented in macros/statistics/_at_least_zero__macros.yml -#}

{% macro at_least_zero(value) -%}
    case when {{ value }} < 0 then 0 else {{ value }} end
{%- endmacro %}
