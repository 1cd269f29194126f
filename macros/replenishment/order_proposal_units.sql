{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro order_proposal_units(
    inventory_position_units,
    reorder_point_units,
    order_up_to_units,
    pack_size_units,
    min_order_units,
    max_stock_units
) -%}
    {%- set position = '(' ~ inventory_position_units ~ ')' -%}
    {%- set least_units = 'coalesce(' ~ min_order_units ~ ', 0)' -%}
    {%- set needed = needed_units(
        position, reorder_point_units, order_up_to_units
    ) -%}
    {%- set wanted = packs_up(
        'greatest(' ~ needed ~ ', ' ~ least_units ~ ')', pack_size_units
    ) -%}
    {%- set room = packs_down(
        '((' ~ max_stock_units ~ ') - ' ~ position ~ ')', pack_size_units
    ) -%}
    case
        when ({{ pack_size_units }}) is null or {{ needed }} is null then null
        when {{ needed }} = 0 then 0e0
        when
            ({{ max_stock_units }}) is not null
            and {{ room }} < {{ packs_up(least_units, pack_size_units) }}
            then 0e0
        else greatest(0e0, least({{ wanted }}, {{ room }})) * ({{ pack_size_units }})
    end
{%- endmacro %}
