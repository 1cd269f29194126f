{% macro fill_rate_continuous(
    order_qty_units, safety_stock_units, sigma_lead_time_units
) -%}
    (
        1e0
        - {{ expected_shortage_units(
            '0e0', sigma_lead_time_units, safety_stock_units
        ) }}
        / nullif({{ order_qty_units }}, 0)
    )
{%- endmacro %}
