{#- Over an unknown proposal the override makes up for the addends that are unknown. -#}
{%- set addends = [
    'lead_time_demand', 'safety_stock', 'cycle_stock', 'on_hand', 'on_order',
    'committed', 'lost_before_arrival', 'rounding', 'shelf_life', 'price_break',
    'not_needed', 'override',
] -%}
-- A planner checks a quantity by adding it up: a known quantity whose addends are
-- unknown or sum to something else cannot be explained.

with

added as (

    select
        location_id,
        product_id,
        order_qty_units,
        is_overridden,
        {% for addend in addends -%}
        addend_{{ addend }}_units{{ ' + ' if not loop.last }}
        {%- endfor %} as addend_sum_units,
        {% for addend in addends -%}
        coalesce(addend_{{ addend }}_units, 0){{ ' + ' if not loop.last }}
        {%- endfor %} as known_sum_units
    from {{ ref('fct_reorder_recommendations') }}

)

select
    location_id,
    product_id,
    order_qty_units,
    addend_sum_units
from added
where
    order_qty_units is not null
    and coalesce(
        abs(
            case when is_overridden then known_sum_units else addend_sum_units end
            - order_qty_units
        ) > 1e-6,
        true
    )
