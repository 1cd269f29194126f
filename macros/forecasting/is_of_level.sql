{#- Documented in macros/forecasting/_forecasting__macros.yml -#}

{% macro is_of_level(forecast_units, error_quantiles) -%}
    {{ forecast_units }} >= {{ error_quantiles }}.from_units
            and (
                {{ error_quantiles }}.below_units is null
                or {{ forecast_units }} < {{ error_quantiles }}.below_units
            )
{%- endmacro %}
