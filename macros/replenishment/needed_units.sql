{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro needed_units(position_units, reorder_point_units, order_up_to_units) -%}
    case
        when ({{ position_units }}) > ({{ reorder_point_units }}) then 0e0
        when ({{ position_units }}) >= ({{ order_up_to_units }}) then 0e0
        when ({{ reorder_point_units }}) is not null
            then ({{ order_up_to_units }}) - ({{ position_units }})
    end
{%- endmacro %}
