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
    -- protection intervals known. Long intervals are cut less densely: those that
    -- overlap by more than two thirds say the same again, and few of them close before
    -- the test folds. A short history is cut more densely, so that there are paths to
    -- learn the errors from.
    select
        *,
        least(
            greatest(
                {{ by_planning_period('backtest_step') }},
                floor(interval_periods / 3)
            ),
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
            ) as last_cutoff_index,
            least(
                settings.backtest_horizon_periods, settings.horizon_periods
            ) as interval_periods
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

tested as (

    select
        *,
        fold_count >= 3 and recency <= greatest(round(fold_count * 0.2), 1) as is_test
    from counted

),

closed as (

    -- The embargo of choice: a fold has a say once its usual protection interval is
    -- over, and what ends after the first test cutoff is not known there.
    select
        tested.*,
        not tested.is_test
        and tested.cutoff_index
        + least(settings.backtest_horizon_periods, settings.horizon_periods)
        <= coalesce(
            min(case when tested.is_test then tested.cutoff_index end) over (),
            settings.horizon_periods + tested.cutoff_index
        ) as is_closed
    from tested
    cross join settings

),

ranked as (

    select
        *,
        row_number() over (
            partition by is_closed order by recency
        ) as closed_recency,
        sum(case when is_test then 1 else 0 end) over () as test_count,
        sum(case when is_closed then 1 else 0 end) over () as closed_count
    from closed

),

roles as (

    -- Newest to test, the newest that closed before them to select on, the others to
    -- calibrate on. In a history too short for one to close, all that precede the
    -- test have a say with the periods known by then.
    select
        cutoff_index,
        cutoff_date,
        case
            when is_test then 'test'
            when closed_count = 0 then 'select'
            when
                is_closed
                and closed_recency
                <= greatest(round(fold_count * 0.7) - test_count, 1)
                then 'select'
            when fold_count < 3 then 'select'
            else 'calib'
        end as fold_role
    from ranked

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
