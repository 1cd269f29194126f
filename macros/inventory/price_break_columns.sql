{#- Documented in macros/inventory/_inventory__macros.yml -#}

{% macro price_break_columns(prefix) -%}
    coalesce(
            price_break_orders.order_qty_units - needs.order_qty_units, 0
        ) as price_break_units,
        coalesce(price_break_orders.order_qty_units, needs.order_qty_units)
            as {{ prefix }}_qty_units,
        coalesce(
            price_break_orders.order_value / price_break_orders.order_qty_units,
            needs.unit_cost
        ) as {{ prefix }}_unit_cost,
        coalesce(
            price_break_orders.order_value, needs.order_qty_units * needs.unit_cost
        ) as {{ prefix }}_value,
        coalesce(
            price_break_orders.annual_saving_value
            * price_break_orders.order_qty_units
            / nullif(needs.annual_demand_units, 0),
            0
        ) as price_break_saving_value
{%- endmacro %}
