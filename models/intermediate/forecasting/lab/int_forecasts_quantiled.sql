with

forecasts as (

    select * from {{ ref('int_forecasts_unioned') }}

),

error_quantiles as (

    select * from {{ ref('int_forecast_error_quantiles') }}

),

levels as (

    select * from {{ ref('int_forecast_levels') }}

),

champions as (

    select
        segment,
        model
    from {{ ref('int_forecast_champions') }}

),

quantiled as (

    select
        forecasts.location_id,
        forecasts.product_id,
        forecasts.model,
        forecasts.fold_role,
        forecasts.segment,
        forecasts.cutoff_date,
        forecasts.forecast_date,
        forecasts.horizon,
        forecasts.forecast_units,
        forecasts.actual_units,
        forecasts.mean_squared_step,
        forecasts.mean_absolute_step,
        {%- for name, level in forecast_quantile_levels() %}
        cast({{ at_least_zero(
            '(forecasts.forecast_units + error_quantiles.' ~ name
            ~ '_scaled * sqrt(forecasts.forecast_units + 0.1))'
        ) }} as double) as {{ name }},
        {%- endfor %}
        coalesce(champions.model = forecasts.model, false) as is_champion
    from forecasts
    left join levels
        on
            forecasts.location_id = levels.location_id
            and forecasts.product_id = levels.product_id
            and forecasts.model = levels.model
            and forecasts.horizon = levels.horizon
            and forecasts.cutoff_date = levels.cutoff_date
    left join error_quantiles
        on
            forecasts.model = error_quantiles.model
            and forecasts.horizon = error_quantiles.horizon
            and forecasts.cutoff_date = error_quantiles.cutoff_date
            and levels.level_bucket = error_quantiles.level_bucket
    left join champions
        on forecasts.segment = champions.segment

)

select * from quantiled
