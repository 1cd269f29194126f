{#- The level of error quantiles that each forecast and sum of a backtest lies in. -#}

with

error_quantiles as (

    select * from {{ ref('int_forecast_error_quantiles') }}

),

forecasts as (

    select
        location_id,
        product_id,
        model,
        horizon,
        cutoff_date,
        forecast_units
    from {{ ref('int_forecasts_unioned') }}

    union all

    select
        location_id,
        product_id,
        model,
        0 as horizon,
        cutoff_date,
        forecast_sum_units as forecast_units
    from {{ ref('int_forecast_sums') }}

),

located as (

    {{ error_levels('forecasts', 'error_quantiles') }}

)

select * from located
