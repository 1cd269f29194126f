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

),

scales as (

    -- Scales of RMSSE and MASE: mean squared and mean absolute naive step of the
    -- history before the cutoff.
    select
        location_id,
        product_id,
        period_index,
        avg(squared_step) over (
            partition by location_id, product_id order by period_index
            rows between unbounded preceding and current row
        ) as mean_squared_step,
        avg(sqrt(squared_step)) over (
            partition by location_id, product_id order by period_index
            rows between unbounded preceding and current row
        ) as mean_absolute_step
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

positions as (

    select
        location_id,
        product_id,
        is_discontinued
    from {{ ref('int_stock_positions') }}

),

stopped as (

    -- Of what is discontinued nothing more is expected; what was forecast of it before
    -- stays as it was.
    select
        forecasts.location_id,
        forecasts.product_id,
        forecasts.cutoff_date,
        forecasts.forecast_date,
        forecasts.horizon,
        forecasts.model,
        case
            when folds.fold_role = 'live' and positions.is_discontinued then 0
            else forecasts.forecast_units
        end as forecast_units,
        forecasts.is_fallback,
        folds.fold_role,
        folds.cutoff_index,
        folds.fold_role = 'live' and coalesce(positions.is_discontinued, false)
            as is_stopped
    from forecasts
    inner join folds
        on forecasts.cutoff_date = folds.cutoff_date
    left join positions
        on
            forecasts.location_id = positions.location_id
            and forecasts.product_id = positions.product_id

),

joined as (

    select
        stopped.location_id,
        stopped.product_id,
        stopped.model,
        stopped.fold_role,
        segments.segment,
        stopped.cutoff_index,
        stopped.cutoff_date,
        stopped.forecast_date,
        calendar.period_index as target_index,
        stopped.horizon,
        stopped.forecast_units,
        stopped.is_fallback,
        stopped.is_stopped,
        panel.demand_units as actual_units,
        scales.mean_squared_step,
        scales.mean_absolute_step,
        (panel.demand_units - stopped.forecast_units)
        / sqrt(stopped.forecast_units + 0.1) as scaled_error,
        segments.protection_periods,
        segments.lead_time_periods,
        segments.unit_cost,
        segments.holding_cost_per_unit_period,
        segments.shortage_cost_per_unit
    from stopped
    inner join calendar
        on stopped.forecast_date = calendar.period_date
    inner join segments
        on
            stopped.location_id = segments.location_id
            and stopped.product_id = segments.product_id
    left join panel
        on
            stopped.location_id = panel.location_id
            and stopped.product_id = panel.product_id
            and calendar.period_index = panel.period_index
    left join scales
        on
            stopped.location_id = scales.location_id
            and stopped.product_id = scales.product_id
            and stopped.cutoff_index = scales.period_index

)

select * from joined
