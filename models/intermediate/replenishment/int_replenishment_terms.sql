with

segments as (

    select * from {{ ref('int_forecast_segments') }}

),

order_quantities as (

    select * from {{ ref('int_economic_order_quantities') }}

),

lead_times as (

    select * from {{ ref('int_lead_times') }}

),

policies as (

    select * from {{ ref('int_policies_resolved') }}

),

positions as (

    select * from {{ ref('int_stock_positions') }}

),

dispersions as (

    select
        dispersions.location_id,
        dispersions.product_id,
        dispersions.own_demand_units,
        dispersions.demand_dispersion
    from {{ ref('int_demand_dispersions') }} as dispersions
    inner join {{ ref('int_forecast_origin') }} as origin
        on dispersions.cutoff_index = origin.cutoff_index

),

horizon as (

    select * from {{ ref('int_forecast_settings') }}

),

termed as (

    select
        segments.location_id,
        segments.product_id,
        segments.segment,
        cast(horizon.period_days as double) as period_days,
        cast(horizon.elapsed_periods as double) as elapsed_periods,
        cast(
            lead_times.lead_time_mean_days / horizon.period_days as double
        ) as lead_time_mean_periods,
        cast(
            lead_times.lead_time_sd_days / horizon.period_days as double
        ) as lead_time_sd_periods,
        cast(
            order_quantities.review_days / horizon.period_days as double
        ) as review_periods,
        policies.target,
        policies.service_level,
        cast(
            segments.holding_cost_per_unit_period as double
        ) as holding_cost_per_unit_period,
        cast(
            order_quantities.shortage_cost_per_unit as double
        ) as shortage_cost_per_unit,
        cast(
            positions.inventory_position_units as double
        ) as inventory_position_units,
        -- What is on hand and on order: when it is used up, if nothing new is bought.
        cast(
            positions.inventory_position_units as double
        ) as on_hand_units,
        cast(
            {{ at_least_zero(
                '(order_quantities.unit_price - order_quantities.unit_cost)'
            ) }}
            as double
        ) as unit_margin,
        dispersions.own_demand_units,
        dispersions.demand_dispersion
    from segments
    cross join horizon
    left join dispersions
        on
            segments.location_id = dispersions.location_id
            and segments.product_id = dispersions.product_id
    inner join order_quantities
        on
            segments.location_id = order_quantities.location_id
            and segments.product_id = order_quantities.product_id
    inner join lead_times
        on
            segments.location_id = lead_times.location_id
            and segments.product_id = lead_times.product_id
    inner join policies
        on
            segments.location_id = policies.location_id
            and segments.product_id = policies.product_id
    inner join positions
        on
            segments.location_id = positions.location_id
            and segments.product_id = positions.product_id

)

select * from termed
