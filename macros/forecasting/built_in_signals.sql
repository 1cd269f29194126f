{#- Documented in macros/forecasting/_forecasting__macros.yml -#}

{% macro built_in_signals() -%}
    {{ return(['promotions', 'holidays']) }}
{%- endmacro %}
