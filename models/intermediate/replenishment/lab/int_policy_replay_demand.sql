with

states as (

    select
        location_id,
        product_id,
        min(cutoff_index) as first_cutoff_index
    from {{ ref('int_policy_replay_states') }}
    group by location_id, product_id

),

tested as (

    {{ first_test_cutoff() }}

),

demand as (

    select * from {{ ref('int_demand_by_period') }}

),

charged as (

    select
        demand.location_id,
        demand.product_id,
        cast(demand.period_index as integer) as period_index,
        cast(
            {{ at_least_zero(
                'coalesce(demand.unconstrained_units, demand.sold_units)'
            ) }} as double
        ) as demand_units,
        coalesce(demand.unconstrained_units <> demand.sold_units, true)
            as is_estimated,
        coalesce(demand.period_index <= tested.first_test_index, true) as has_a_say
    from demand
    cross join tested
    inner join states
        on
            demand.location_id = states.location_id
            and demand.product_id = states.product_id
            and demand.period_index > states.first_cutoff_index

)

select * from charged
