with

settings as (

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

bounds as (

    -- From the first cutoff with history enough to the last that leaves most
    -- protection intervals known. A short history is cut more densely, so that
    -- there are paths to learn the errors from.
    select
        *,
        least(
            {{ by_planning_period('backtest_step') }},
            greatest(
                floor(
                    (last_cutoff_index - first_cutoff_index + 1)
                    / {{ var('backtest_folds') }}
                ),
                1
            )
        ) as step_periods
    from (
        select
            history.first_index + {{ by_planning_period('backtest_min') }} - 1
                as first_cutoff_index,
            history.last_index - least(
                settings.backtest_horizon_periods, settings.horizon_periods
            ) as last_cutoff_index
        from history
        cross join settings
    ) as spans

),

backtests as (

    select
        periods.period_index as cutoff_index,
        periods.period_end_date as cutoff_date,
        row_number() over (order by periods.period_index desc) as recency
    from periods
    inner join bounds
        on
            periods.period_index
            between bounds.first_cutoff_index and bounds.last_cutoff_index
    where
        (bounds.last_cutoff_index - periods.period_index) % bounds.step_periods = 0
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
