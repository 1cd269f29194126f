{#- What the champions said at each fold: the errors that orders have to outlast. -#}

with

forecasts as (

    select * from {{ ref('int_forecasts_unioned') }}

),

champions as (

    select
        segment,
        model
    from {{ ref('int_forecast_champions') }}

),

dispersions as (

    select
        location_id,
        product_id,
        cutoff_index,
        demand_dispersion
    from {{ ref('int_demand_dispersions') }}

),

championed as (

    select
        forecasts.location_id,
        forecasts.product_id,
        forecasts.segment,
        forecasts.model,
        forecasts.fold_role,
        forecasts.cutoff_date,
        cast(forecasts.cutoff_index as integer) as cutoff_index,
        forecasts.horizon,
        forecasts.forecast_units,
        forecasts.actual_units,
        forecasts.protection_periods,
        dispersions.demand_dispersion
    from forecasts
    inner join champions
        on
            forecasts.segment = champions.segment
            and forecasts.model = champions.model
    left join dispersions
        on
            forecasts.location_id = dispersions.location_id
            and forecasts.product_id = dispersions.product_id
            and forecasts.cutoff_index = dispersions.cutoff_index

)

select * from championed
