{#- Documented in macros/inventory/_inventory__macros.yml -#}

{% macro economic_lot_units(
    annual_demand_units, order_cost, holding_cost_per_unit_year, max_lot_units
) -%}
    case
        when
            ({{ holding_cost_per_unit_year }}) = 0
            and ({{ order_cost }}) > 0
            and ({{ annual_demand_units }}) > 0
            then ({{ max_lot_units }})
        else {{ eoq_units(
            annual_demand_units, order_cost, holding_cost_per_unit_year
        ) }}
    end
{%- endmacro %}
