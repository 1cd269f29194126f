{#- Documented in macros/inventory/_inventory__macros.yml -#}

{% macro stock_status_units(
    available_units,
    daily_forecast_units,
    lead_time_days,
    next_receipt_days,
    safety_stock_units,
    cycle_stock_units,
    on_order_units='0'
) -%}
    {{- stock_status(
        available_units,
        daily_forecast_units,
        lead_time_days,
        next_receipt_days,
        safety_stock_units,
        cycle_stock_units,
        on_order_units,
        measure='units'
    ) -}}
{%- endmacro %}
