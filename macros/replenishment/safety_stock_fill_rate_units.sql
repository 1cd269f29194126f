{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro safety_stock_fill_rate_units(
    order_qty_units, target_fill_rate, sigma_lead_time_units
) -%}
    case
        when ({{ sigma_lead_time_units }}) = 0
            then (({{ target_fill_rate }}) - 1e0) * ({{ order_qty_units }})
        else
            ({{ sigma_lead_time_units }}) * {{ safety_factor_fill_rate(
                order_qty_units, target_fill_rate, sigma_lead_time_units
            ) }}
    end
{%- endmacro %}
