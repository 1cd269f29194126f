{% macro eoq_annual_cost(
    annual_demand_units, order_cost, holding_cost_per_unit_year
) -%}
    case
        when
            ({{ annual_demand_units }}) <= 0
            and ({{ order_cost }}) is not null
            and ({{ holding_cost_per_unit_year }}) is not null
            then 0e0
        when ({{ holding_cost_per_unit_year }}) > 0 and ({{ order_cost }}) >= 0
            and ({{ annual_demand_units }}) > 0
            then sqrt(
                2e0 * ({{ annual_demand_units }}) * ({{ order_cost }})
                * ({{ holding_cost_per_unit_year }})
            )
    end
{%- endmacro %}
