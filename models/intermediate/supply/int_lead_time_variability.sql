with

demand_classes as (

    select * from {{ ref('int_demand_classes') }}

),

periods as (

    select period_days from {{ ref('input_as_of') }}

),

lead_times as (

    select * from {{ ref('int_lead_times') }}

),

order_quantities as (

    select
        location_id,
        product_id,
        unit_cost
    from {{ ref('int_economic_order_quantities') }}

),

policies as (

    select
        location_id,
        product_id,
        least(greatest(coalesce(service_level, 0.95), 0.5), 0.999)
            as service_level
    from {{ ref('int_policies_resolved') }}

),

profiled as (

    select
        demand_classes.location_id,
        demand_classes.product_id,
        lead_times.vendor_id,
        coalesce(order_quantities.unit_cost, 0) as unit_cost,
        coalesce(demand_classes.demand_mean_units, 0) / periods.period_days
            as daily_demand,
        coalesce(demand_classes.demand_sd_units, 0)
        * coalesce(demand_classes.demand_sd_units, 0)
        / periods.period_days as demand_variance,
        lead_times.lead_time_mean_days,
        lead_times.lead_time_sd_days,
        {{ normal_quantile('policies.service_level') }} as service_factor
    from demand_classes
    cross join periods
    inner join lead_times
        on
            demand_classes.location_id = lead_times.location_id
            and demand_classes.product_id = lead_times.product_id
    inner join order_quantities
        on
            demand_classes.location_id = order_quantities.location_id
            and demand_classes.product_id = order_quantities.product_id
    inner join policies
        on
            demand_classes.location_id = policies.location_id
            and demand_classes.product_id = policies.product_id

)

select * from profiled
