-- What vendors are sent is what planners approved: same lines, units and value at each
-- location.

with

recommended as (

    select
        location_id,
        count(*) as line_count,
        sum(order_qty_units) as order_units,
        -- A line without a cost leaves the value of its order unknown.
        case when count(*) = count(order_value) then sum(order_value) end
            as order_value
    from {{ ref('fct_reorder_recommendations') }}
    where order_qty_units > 0
    group by location_id

),

proposed as (

    select
        location_id,
        sum(line_count) as line_count,
        sum(order_units) as order_units,
        case when count(*) = count(order_value) then sum(order_value) end
            as order_value
    from {{ ref('fct_purchase_proposals') }}
    group by location_id

)

select
    coalesce(recommended.location_id, proposed.location_id) as location_id,
    recommended.order_units as recommended_units,
    proposed.order_units as proposed_units,
    recommended.order_value as recommended_value,
    proposed.order_value as proposed_value
from recommended
full outer join proposed
    on recommended.location_id = proposed.location_id
where
    recommended.location_id is null
    or proposed.location_id is null
    or recommended.line_count <> proposed.line_count
    or abs(recommended.order_units - proposed.order_units) > 1e-6
    or abs(recommended.order_value - proposed.order_value)
    > 1e-9 * recommended.order_value + 1e-6
