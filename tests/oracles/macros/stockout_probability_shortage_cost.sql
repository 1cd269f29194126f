{% macro stockout_probability_shortage_cost(
    holding_cost_per_unit_year,
    order_qty_units,
    shortage_cost_per_unit,
    annual_demand_units
) -%}
    {%- set at_stake = (
        '(1e0 * (' ~ shortage_cost_per_unit ~ ') * (' ~ annual_demand_units ~ '))'
    ) -%}
    {%- set held = (
        '(1e0 * (' ~ holding_cost_per_unit_year ~ ') * (' ~ order_qty_units ~ '))'
    ) -%}
    case
        when {{ at_stake }} is null or {{ held }} is null then null
        when {{ at_stake }} <= 0 then 1e0
        else least(1e0, {{ held }} / {{ at_stake }})
    end
{%- endmacro %}
