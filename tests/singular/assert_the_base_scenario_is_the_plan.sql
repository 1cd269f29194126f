-- A scenario that changes nothing orders what is recommended, to the unit: what differs
-- in another one is then what it changes.

with

base as (

    select
        location_id,
        product_id,
        reorder_point_units,
        order_qty_units
    from {{ ref('fct_scenario_orders') }}
    where scenario = 'base'

),

recommended as (

    select
        location_id,
        product_id,
        reorder_point_units,
        order_qty_units
    from {{ ref('fct_reorder_recommendations') }}

)

select
    coalesce(base.location_id, recommended.location_id) as location_id,
    coalesce(base.product_id, recommended.product_id) as product_id,
    base.order_qty_units,
    recommended.order_qty_units as recommended_qty_units
from recommended
full outer join base
    on
        recommended.location_id = base.location_id
        and recommended.product_id = base.product_id
where
    base.location_id is null
    or recommended.location_id is null
    or coalesce(base.reorder_point_units, -1)
    <> coalesce(recommended.reorder_point_units, -1)
    or coalesce(base.order_qty_units, -1) <> coalesce(recommended.order_qty_units, -1)
