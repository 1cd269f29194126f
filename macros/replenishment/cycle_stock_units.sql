{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro cycle_stock_units(economic_lot_units, demand_units, review_time) -%}
    floor(0.5 + {{ at_least_zero(
        '(coalesce(' ~ economic_lot_units ~ ', 0) - '
        ~ demand_units ~ ' * ' ~ review_time ~ ')'
    ) }})
{%- endmacro %}
