{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro order_cost_used(
    order_qty_units, available_units, demand_units, order_cost
) -%}
    case
        when ({{ order_qty_units }}) > 0
            then ({{ order_cost }}) * least(greatest(
                (({{ demand_units }}) - ({{ available_units }}))
                / nullif({{ order_qty_units }}, 0),
                0
            ), 1)
        when ({{ order_qty_units }}) is not null then 0e0
    end
{%- endmacro %}
