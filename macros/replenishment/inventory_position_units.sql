{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro inventory_position_units(on_hand_units, on_order_units, committed_units) -%}
    (
        case when ({{ on_hand_units }}) < 0 then 0 else ({{ on_hand_units }}) end
        + ({{ on_order_units }}) - ({{ committed_units }})
    )
{%- endmacro %}
