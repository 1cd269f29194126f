with

abc_classes as (

    select * from {{ ref('int_abc_classes') }}

),

demand_classes as (

    select * from {{ ref('int_demand_classes') }}

),

horizon as (

    select * from {{ ref('int_forecast_settings') }}

),

lead_times as (

    select * from {{ ref('int_lead_times') }}

),

order_quantities as (

    select * from {{ ref('int_economic_order_quantities') }}

),

segmented as (

    select
        abc_classes.location_id,
        abc_classes.product_id,
        abc_classes.abc_class || ' ' || demand_classes.demand_class as segment,
        (lead_times.lead_time_mean_days + order_quantities.review_days)
        / horizon.period_days as protection_periods,
        lead_times.lead_time_mean_days / horizon.period_days as lead_time_periods,
        order_quantities.unit_cost,
        order_quantities.holding_cost_per_unit_year
        * horizon.period_days / 365.0 as holding_cost_per_unit_period,
        order_quantities.shortage_cost_per_unit
    from abc_classes
    cross join horizon
    inner join demand_classes
        on
            abc_classes.location_id = demand_classes.location_id
            and abc_classes.product_id = demand_classes.product_id
    inner join lead_times
        on
            abc_classes.location_id = lead_times.location_id
            and abc_classes.product_id = lead_times.product_id
    inner join order_quantities
        on
            abc_classes.location_id = order_quantities.location_id
            and abc_classes.product_id = order_quantities.product_id

)

select * from segmented
