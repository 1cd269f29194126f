with

origin as (

    select
        cutoff_index,
        fold_role
    from {{ ref('int_forecast_origin') }}

),

dispersions as (

    select
        location_id,
        product_id,
        cutoff_index,
        demand_dispersion
    from {{ ref('int_demand_dispersions') }}

),

live as (

    select * from {{ ref('int_forecasts_planned') }}
    where is_champion

),

championed as (

    select
        live.location_id,
        live.product_id,
        live.segment,
        live.model,
        origin.fold_role,
        live.cutoff_date,
        cast(origin.cutoff_index as integer) as cutoff_index,
        live.horizon,
        live.forecast_units,
        cast(null as double) as actual_units,
        live.protection_periods,
        dispersions.demand_dispersion,
        live.level_variation
    from live
    cross join origin
    left join dispersions
        on
            live.location_id = dispersions.location_id
            and live.product_id = dispersions.product_id
            and origin.cutoff_index = dispersions.cutoff_index

    union all

    select
        location_id,
        product_id,
        segment,
        model,
        fold_role,
        cutoff_date,
        cutoff_index,
        horizon,
        forecast_units,
        actual_units,
        protection_periods,
        demand_dispersion,
        cast(null as double) as level_variation
    from {{ ref('int_champion_backtests') }}

)

select * from championed
