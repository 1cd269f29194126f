-- The sentence of an order has the numbers of its addends: quantity, packs, expected
-- demand and its day, safety, what is on hand and on order, and what was rounded.

with

orders as (

    select
        *,
        addend_lead_time_demand_units
        + addend_safety_stock_units
        + addend_cycle_stock_units
        + addend_on_hand_units
        + addend_on_order_units
        + addend_committed_units
        + addend_lost_before_arrival_units as need_units
    from {{ ref('fct_reorder_recommendations') }}
    where proposed_qty_units > 0

)

select
    location_id,
    product_id,
    explanation
from orders
where
    explanation not like
    '%Order ' || {{ units_text('proposed_qty_units') }} || '%: '
    || {{ units_text('addend_lead_time_demand_units') }} || ' expected until '
    || cast(protected_until_date as varchar) || '% '
    || {{ units_text('abs(addend_safety_stock_units)') }} || ' safety for %, less '
    || {{ units_text('-addend_on_hand_units') }} || ' on hand and '
    || {{ units_text('-addend_on_order_units') }} || ' on order%'
    or (
        abs(addend_rounding_units) > 1e-9
        and explanation not like
        '%rounded up from ' || {{ units_text('need_units') }} || '%'
    )
    or (
        is_overridden
        and explanation not like
        'Override%order ' || {{ units_text('order_qty_units') }} || ' instead of '
        || {{ units_text('proposed_qty_units') }} || ' %'
    )
