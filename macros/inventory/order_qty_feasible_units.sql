{#- Documented in macros/inventory/_inventory__macros.yml -#}

{% macro order_qty_feasible_units(
    annual_demand_units,
    order_cost,
    holding_cost_per_unit_year,
    pack_size_units,
    min_order_units,
    max_order_units
) -%}
    {%- set demand = '(' ~ annual_demand_units ~ ')' -%}
    {%- set holding = '(' ~ holding_cost_per_unit_year ~ ')' -%}
    {%- set pack = '(' ~ pack_size_units ~ ')' -%}
    {%- set eoq_squared = (
        '(2e0 * ' ~ demand ~ ' * (' ~ order_cost ~ ') / ' ~ holding ~ ')'
    ) -%}
    {%- set lowest = (
        'greatest(1e0, ' ~ packs_up('coalesce(' ~ min_order_units ~ ', 0)', pack) ~ ')'
    ) -%}
    {%- set highest = packs_down(max_order_units, pack) -%}
    {%- set low = (
        'greatest(' ~ lowest ~ ', least(floor(sqrt(' ~ eoq_squared ~ ') / ' ~ pack
        ~ '), ' ~ highest ~ '))'
    ) -%}
    {%- set high = (
        'greatest(' ~ lowest ~ ', least(ceil(sqrt(' ~ eoq_squared ~ ') / ' ~ pack
        ~ '), ' ~ highest ~ '))'
    ) -%}
    case
        when
            {{ demand }} is null
            or ({{ order_cost }}) is null
            or {{ holding }} is null
            or {{ pack }} is null
            then null
        when {{ demand }} <= 0 then 0e0
        when {{ lowest }} > {{ highest }} then null
        when {{ holding }} <= 0 then {{ highest }} * {{ pack }}
        when
            {{ eoq_squared }}
            <= {{ low }} * {{ high }} * {{ pack }} * {{ pack }} * (1e0 + 1e-12)
            then {{ low }} * {{ pack }}
        else {{ high }} * {{ pack }}
    end
{%- endmacro %}
