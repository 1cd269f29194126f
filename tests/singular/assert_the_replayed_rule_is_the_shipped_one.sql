-- A replay that starts in today's state orders today's quantity, before price breaks,
-- budget and planners: else its money is that of another rule.

with

needs as (

    select
        location_id,
        product_id,
        order_rule,
        inventory_position_units,
        order_qty_units
    from {{ ref('int_order_needs') }}
    where scenario = 'base'

),

replayed as (

    select
        location_id,
        product_id,
        order_qty_units
    from {{ ref('int_first_decisions_replayed') }}

)

select
    needs.location_id,
    needs.product_id,
    needs.order_rule,
    needs.order_qty_units,
    replayed.order_qty_units as replayed_qty_units
from needs
left join replayed
    on
        needs.location_id = replayed.location_id
        and needs.product_id = replayed.product_id
where coalesce(needs.order_qty_units, 0) <> coalesce(replayed.order_qty_units, 0)
