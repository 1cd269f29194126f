{#- Documented in macros/forecasting/_forecasting__macros.yml -#}

{% macro protection_weight(horizon, protection_periods) -%}
    least(greatest({{ protection_periods }} - ({{ horizon }} - 1), 0), 1)
{%- endmacro %}
