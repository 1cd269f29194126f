{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro shelf_life_stock_units(
    demand_per_day_units,
    lead_time_days,
    shelf_life_days,
    inventory_position_units,
    served_units,
    pack_size_units,
    min_order_units,
    unit_cost,
    unit_price,
    order_cost
) -%}
    {%- set sells = demand_per_day_units ~ ' * (' ~ lead_time_days ~ ' + '
        ~ shelf_life_days ~ ')' -%}
    {%- set least = '(' ~ pack_size_units ~ ' * greatest('
        ~ packs_up('coalesce(' ~ min_order_units ~ ', 0)', pack_size_units)
        ~ ', 1e0))' -%}
    case
        when {{ sells }} is not null
            and {{ unit_price }} * least(
                {{ least }},
                {{ sells }} - greatest(
                    {{ inventory_position_units }},
                    {{ demand_per_day_units }} * {{ lead_time_days }}
                )
            ) > {{ unit_cost }} * {{ least }} + {{ order_cost }}
            then greatest({{ sells }}, {{ served_units }} + {{ least }})
        else {{ sells }}
    end
{%- endmacro %}
