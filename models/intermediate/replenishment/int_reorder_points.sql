with

simulated as (

    select * from {{ ref('int_lead_time_demand_simulated') }}

),

requirements as (

    select
        location_id,
        product_id,
        economic_lot_units
    from {{ ref('int_replenishment_requirements') }}

),

lead_times as (

    select * from {{ ref('int_lead_times') }}

),

order_quantities as (

    select
        location_id,
        product_id,
        review_days
    from {{ ref('int_economic_order_quantities') }}

),

rounded as (

    -- Demand comes in whole units: a reorder point between two is the upper one where
    -- a service is promised, the nearer one where the cost counts.
    select
        simulated.*,
        requirements.economic_lot_units,
        order_quantities.review_days,
        lead_times.lead_time_mean_days,
        lead_times.lead_time_mean_days + order_quantities.review_days
            as protection_days,
        {{ whole_units('simulated.reorder_point_units', 'simulated.target') }}
            as whole_reorder_point_units,
        {{ whole_units(
            'simulated.reorder_point_units - simulated.lost_before_arrival_units',
            'simulated.target'
        ) }} as whole_needed_units,
        simulated.lead_time_demand_units
        / nullif(lead_times.lead_time_mean_days + order_quantities.review_days, 0)
            as demand_per_day_units
    from simulated
    inner join requirements
        on
            simulated.location_id = requirements.location_id
            and simulated.product_id = requirements.product_id
    inner join lead_times
        on
            simulated.location_id = lead_times.location_id
            and simulated.product_id = lead_times.product_id
    inner join order_quantities
        on
            simulated.location_id = order_quantities.location_id
            and simulated.product_id = order_quantities.product_id

),

lotted as (

    -- What sells between two reviews is ordered anyway; only the rest of the
    -- economic lot lifts the order-up-to level. Without a lot there is no rest.
    select
        *,
        {{ cycle_stock_units(
            'economic_lot_units', 'demand_per_day_units', 'review_days'
        ) }} as whole_cycle_stock_units
    from rounded

),

levelled as (

    select
        location_id,
        product_id,
        cast(lead_time_demand_units as double) as lead_time_demand_units,
        cast(whole_reorder_point_units as double) as reorder_point_units,
        cast(
            whole_reorder_point_units - lead_time_demand_units as double
        ) as safety_stock_units,
        cast(whole_cycle_stock_units as double) as cycle_stock_units,
        cast(
            whole_reorder_point_units + whole_cycle_stock_units as double
        ) as order_up_to_units,
        cast(
            whole_reorder_point_units - whole_needed_units as double
        ) as lost_before_arrival_units,
        cast(demand_per_day_units as double) as demand_per_day_units,
        cast(protection_days as double) as protection_days
    from lotted

)

select * from levelled
