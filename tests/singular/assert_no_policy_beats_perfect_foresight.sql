-- The shop is no policy of this world: it orders on any day, and its lines came when
-- they came.

with

costs as (

    select
        policy,
        model,
        location_id,
        product_id,
        sum(holding_cost + shortage_cost + ordering_cost) as total_cost
    from {{ ref('int_policy_replays') }}
    where policy <> 'as_purchased'
    group by policy, model, location_id, product_id

),

perfect as (

    select * from costs
    where policy = 'perfect_foresight'

)

select
    costs.policy,
    costs.model,
    costs.location_id,
    costs.product_id,
    costs.total_cost,
    perfect.total_cost as least_cost
from costs
left join perfect
    on
        costs.location_id = perfect.location_id
        and costs.product_id = perfect.product_id
where coalesce(costs.total_cost < perfect.total_cost - 1e-6, true)
