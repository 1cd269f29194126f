{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro textbook_service(
    target, service_level, holding_cost_per_unit_period, shortage_cost_per_unit,
    lot_units, demand_units
) -%}
    case
        when {{ target }} = 'cost'
            then {{ critical_ratio(
                holding_cost_per_unit_period ~ ' * ' ~ lot_units,
                shortage_cost_per_unit ~ ' * ' ~ demand_units
            ) }}
        when {{ target }} = 'cycle_service' then {{ service_level }}
    end
{%- endmacro %}
