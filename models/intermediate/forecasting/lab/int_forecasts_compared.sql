{#-
    Forecasts beside what came, on the folds that choose: what weights of a combination
    are learned from. A model whose rows cover only a part has none.
-#}

with

stacked as (

    select * from {{ ref('int_forecasts_stacked') }}

),

counted as (

    select
        model,
        count(*) as row_count
    from stacked
    group by model

),

complete as (

    select model
    from counted
    qualify row_count = max(row_count) over ()

),

forecasts as (

    select stacked.*
    from stacked
    inner join complete
        on stacked.model = complete.model

),

folds as (

    select * from {{ ref('int_forecast_folds') }}
    where fold_role = 'select'

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
    where is_judged

),

compared as (

    select
        forecasts.location_id,
        forecasts.product_id,
        forecasts.cutoff_date,
        calendar.period_end_date as known_date,
        forecasts.horizon,
        forecasts.model,
        segments.segment,
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
    inner join panel as target_period
        on
            forecasts.location_id = target_period.location_id
            and forecasts.product_id = target_period.product_id
            and calendar.period_index = target_period.period_index
    inner join panel as origin_period
        on
            forecasts.location_id = origin_period.location_id
            and forecasts.product_id = origin_period.product_id
            and folds.cutoff_index = origin_period.period_index
    where
        target_period.demand_units is not null
        and origin_period.scale_units > 0

)

select * from compared
