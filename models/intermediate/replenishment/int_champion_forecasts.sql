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

championed as (

    select
        forecasts.location_id,
        forecasts.product_id,
        forecasts.segment,
        forecasts.model,
        forecasts.fold_role,
        forecasts.cutoff_date,
        forecasts.horizon,
        forecasts.forecast_units,
        forecasts.actual_units,
        cast(null as double) as level_variation
    from forecasts
    inner join champions
        on
            forecasts.segment = champions.segment
            and forecasts.model = champions.model

    union all

    select
        location_id,
        product_id,
        segment,
        forecast_model,
        'live' as fold_role,
        cutoff_date,
        horizon,
        forecast_units,
        null as actual_units,
        level_variation
    from {{ ref('int_forecasts_new_products') }}

)

select * from championed
