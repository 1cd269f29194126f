with

forecasts as (

    select * from {{ ref('int_forecasts_stacked') }}

),

folds as (

    select * from {{ ref('int_forecast_folds') }}

),

calendar as (

    select
        period_index,
        period_date,
        period_end_date
    from {{ ref('int_forecast_calendar') }}

),

segments as (

    select
        location_id,
        product_id,
        segment
    from {{ ref('int_forecast_segments') }}

),

panel as (

    select
        location_id,
        product_id,
        period_index,
        demand_units,
        scale_units
    from {{ ref('int_forecast_panel') }}

),

compared as (

    select
        forecasts.location_id,
        forecasts.product_id,
        forecasts.cutoff_date,
        forecasts.forecast_date,
        calendar.period_end_date as known_date,
        forecasts.horizon,
        forecasts.model,
        segments.segment,
        folds.fold_role,
        forecasts.forecast_units,
        target_period.demand_units as actual_units,
        origin_period.scale_units
    from forecasts
    inner join folds
        on forecasts.cutoff_date = folds.cutoff_date
    inner join calendar
        on forecasts.forecast_date = calendar.period_date
    inner join segments
        on
            forecasts.location_id = segments.location_id
            and forecasts.product_id = segments.product_id
    left join panel as target_period
        on
            forecasts.location_id = target_period.location_id
            and forecasts.product_id = target_period.product_id
            and calendar.period_index = target_period.period_index
    left join panel as origin_period
        on
            forecasts.location_id = origin_period.location_id
            and forecasts.product_id = origin_period.product_id
            and folds.cutoff_index = origin_period.period_index

)

select * from compared
