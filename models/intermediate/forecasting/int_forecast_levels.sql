{#-
    The level of error quantiles that each forecast lies in. Walking up the forecasts of
    a model, step and cutoff, the last bound passed is the level: a sort, where a join on
    a range would compare every forecast with every level.
-#}

with

steps as (

    select
        location_id,
        product_id,
        model,
        horizon,
        cutoff_date,
        forecast_units
    from {{ ref('int_forecasts_unioned') }}

),

sums as (

    select
        location_id,
        product_id,
        model,
        0 as horizon,
        cutoff_date,
        forecast_sum_units as forecast_units
    from {{ ref('int_forecast_sums') }}

),

bounds as (

    select
        cast(null as varchar) as location_id,
        cast(null as varchar) as product_id,
        model,
        horizon,
        cutoff_date,
        from_units as forecast_units,
        level_bucket as bound_bucket,
        0 as is_forecast
    from {{ ref('int_forecast_error_quantiles') }}

),

mixed as (

    select
        *,
        cast(null as integer) as bound_bucket,
        1 as is_forecast
    from steps

    union all

    select
        *,
        cast(null as integer) as bound_bucket,
        1 as is_forecast
    from sums

    union all

    select * from bounds

),

walked as (

    select
        location_id,
        product_id,
        model,
        horizon,
        cutoff_date,
        is_forecast,
        max(bound_bucket) over (
            partition by model, horizon, cutoff_date
            order by forecast_units, is_forecast
            rows between unbounded preceding and current row
        ) as level_bucket
    from mixed

),

located as (

    select
        location_id,
        product_id,
        model,
        cast(horizon as integer) as horizon,
        cutoff_date,
        level_bucket
    from walked
    where is_forecast = 1

)

select * from located
