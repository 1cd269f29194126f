with

horizon as (

    select * from {{ ref('int_forecast_settings') }}

),

periods as (

    select
        period_index,
        period_end_date
    from {{ ref('int_forecast_calendar') }}
    where is_complete_period

),

history as (

    select
        min(period_index) as first_index,
        max(period_index) as last_index
    from {{ ref('int_demand_by_period') }}

),

backtests as (

    -- The last cutoff leaves a whole horizon of actuals after it. A short history
    -- is cut more densely, so that there are paths to learn the errors from.
    select
        periods.period_index as cutoff_index,
        periods.period_end_date as cutoff_date,
        row_number() over (order by periods.period_index desc) as recency
    from periods
    cross join history
    cross join horizon
    where
        periods.period_index
        >= history.first_index + {{ by_planning_period('backtest_min') }} - 1
        and periods.period_index <= history.last_index - horizon.horizon_periods
        and (
            (history.last_index - horizon.horizon_periods - periods.period_index)
            % {{ by_planning_period('backtest_step') }} = 0
            or history.last_index - history.first_index + 1
            < {{ by_planning_period('backtest_step') }} * {{ var('backtest_folds') }}
        )
    qualify recency <= {{ var('backtest_folds') }}

),

counted as (

    select
        *,
        count(*) over () as fold_count
    from backtests

),

roles as (

    -- Newest to test, older ones to select on, oldest to calibrate on.
    select
        cutoff_index,
        cutoff_date,
        case
            when fold_count >= 3 and recency <= greatest(round(fold_count * 0.2), 1)
                then 'test'
            when recency <= greatest(round(fold_count * 0.5), 2) then 'select'
            else 'calib'
        end as fold_role
    from counted

    union all

    select
        history.last_index as cutoff_index,
        periods.period_end_date as cutoff_date,
        'live' as fold_role
    from history
    inner join periods
        on history.last_index = periods.period_index

)

select * from roles
