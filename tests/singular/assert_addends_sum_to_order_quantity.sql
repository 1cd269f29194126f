-- A planner checks a quantity by adding it up: a known quantity whose addends are
-- unknown or sum to something else cannot be explained.

with

added as (

    select
        location_id,
        product_id,
        order_qty_units,
        addend_lead_time_demand_units
        + addend_safety_stock_units
        + addend_cycle_stock_units
        + addend_on_hand_units
        + addend_on_order_units
        + addend_committed_units
        + addend_lost_before_arrival_units
        + addend_rounding_units
        + addend_shelf_life_units
        + addend_price_break_units
        + addend_not_needed_units as addend_sum_units
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
    and coalesce(abs(addend_sum_units - order_qty_units) > 1e-6, true)
