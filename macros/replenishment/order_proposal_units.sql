{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro order_proposal_units(
    inventory_position_units,
    reorder_point_units,
    order_up_to_units,
    pack_size_units,
    min_order_units,
    max_stock_units
) -%}
    {{ packed_units(
        needed_units(inventory_position_units, reorder_point_units, order_up_to_units),
        pack_size_units,
        min_order_units,
        '((' ~ max_stock_units ~ ') - (' ~ inventory_position_units ~ '))'
    ) }}
{%- endmacro %}
