{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro decision_cost(
    order_qty_units,
    available_units,
    demand_units,
    overage_cost,
    underage_cost,
    order_cost
) -%}
    {%- set stock = '(' ~ available_units ~ ') + (' ~ order_qty_units ~ ')' -%}
    (
        ({{ overage_cost }})
        * {{ at_least_zero('(' ~ stock ~ ' - (' ~ demand_units ~ '))') }}
        + ({{ underage_cost }})
        * {{ at_least_zero('((' ~ demand_units ~ ') - (' ~ stock ~ '))') }}
        + {{ order_cost_used(
            order_qty_units, available_units, demand_units, order_cost
        ) }}
    )
{%- endmacro %}
