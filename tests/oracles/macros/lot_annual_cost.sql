{% macro lot_annual_cost(
    order_qty_units, annual_demand_units, order_cost, holding_cost_per_unit_year
) -%}
    (
        case
            when ({{ annual_demand_units }}) <= 0 or ({{ order_cost }}) = 0 then 0e0
            else
                1e0 * ({{ annual_demand_units }}) * ({{ order_cost }})
                / nullif({{ order_qty_units }}, 0)
        end
        + ({{ holding_cost_per_unit_year }}) * ({{ order_qty_units }}) / 2e0
    )
{%- endmacro %}
