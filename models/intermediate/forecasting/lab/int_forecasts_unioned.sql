{#- Backtests of every model: what each said at each fold, beside what came. -#}

with

forecasts as (

    select * from {{ ref('int_forecasts_stacked') }}

    union all

    select * from {{ ref('int_forecasts_combined') }}

),

calendar as (

    select
        period_index,
        period_date
    from {{ ref('int_forecast_calendar') }}

),

folds as (

    select * from {{ ref('int_forecast_folds') }}

),

panel as (

    select
        location_id,
        product_id,
        period_index,
        demand_units
    from {{ ref('int_forecast_panel') }}
    where is_judged

),

scales as (

    -- Scales of RMSSE and MASE: mean squared and mean absolute naive step of the
    -- history before the cutoff.
    select
        location_id,
        product_id,
        period_index,
        {{ exact_mean(
            'squared_step',
            over='(
                partition by location_id, product_id order by period_index
                rows between unbounded preceding and current row
            )'
        ) }} as mean_squared_step,
        {{ exact_mean(
            'sqrt(squared_step)',
            over='(
                partition by location_id, product_id order by period_index
                rows between unbounded preceding and current row
            )'
        ) }} as mean_absolute_step
    from (
        select
            location_id,
            product_id,
            period_index,
            power(demand_units - lag(demand_units) over (
                partition by location_id, product_id order by period_index
            ), 2) as squared_step
        from panel
    ) as steps

),

segments as (

    select * from {{ ref('int_forecast_segments') }}

),

joined as (

    select
        forecasts.location_id,
        forecasts.product_id,
        forecasts.model,
        folds.fold_role,
        segments.segment,
        folds.cutoff_index,
        forecasts.cutoff_date,
        forecasts.forecast_date,
        calendar.period_index as target_index,
        forecasts.horizon,
        forecasts.forecast_units,
        forecasts.is_fallback,
        panel.demand_units as actual_units,
        scales.mean_squared_step,
        scales.mean_absolute_step,
        (panel.demand_units - forecasts.forecast_units)
        / sqrt(forecasts.forecast_units + 0.1) as scaled_error,
        segments.protection_periods,
        segments.lead_time_periods,
        segments.unit_cost,
        segments.holding_cost_per_unit_period,
        segments.shortage_cost_per_unit
    from forecasts
    inner join folds
        on forecasts.cutoff_date = folds.cutoff_date
    inner join calendar
        on forecasts.forecast_date = calendar.period_date
    inner join segments
        on
            forecasts.location_id = segments.location_id
            and forecasts.product_id = segments.product_id
    left join panel
        on
            forecasts.location_id = panel.location_id
            and forecasts.product_id = panel.product_id
            and calendar.period_index = panel.period_index
    left join scales
        on
            forecasts.location_id = scales.location_id
            and forecasts.product_id = scales.product_id
            and folds.cutoff_index = scales.period_index

)

select * from joined
