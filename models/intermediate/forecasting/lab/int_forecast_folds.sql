{%- set year_periods = 52 if setting('planning_period') == 'week' else 364 -%}
{%- set season_ahead_folds = (var('backtest_folds') * 0.2) | round | int -%}

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
            history.first_index,
            history.last_index,
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

shared as (

    -- What lies ahead was last seen a year ago. A fifth of the cutoffs go there, from
    -- the one a year before the live one on, where a third of a year lies before it
    -- and the recent ones do not reach back so far.
    select
        *,
        case
            when
                last_index - {{ year_periods }}
                >= first_index + ceil(0.3 * {{ year_periods }}) - 1
                and last_index
                - {{ year_periods }}
                + {{ season_ahead_folds }} * step_periods
                <= last_cutoff_index
                - ({{ var('backtest_folds') }} - 1) * step_periods
                then {{ season_ahead_folds }}
            else 0
        end as season_ahead_count
    from bounds

),

recent as (

    select
        periods.period_index as cutoff_index,
        periods.period_end_date as cutoff_date,
        shared.season_ahead_count,
        row_number() over (order by periods.period_index desc) as recency
    from periods
    inner join shared
        on
            periods.period_index
            between shared.first_cutoff_index and shared.last_cutoff_index
    where
        (shared.last_cutoff_index - periods.period_index) % shared.step_periods = 0
    qualify recency <= {{ var('backtest_folds') }} - shared.season_ahead_count

),

backtests as (

    select
        cutoff_index,
        cutoff_date,
        false as is_season_ahead
    from recent

    union all

    select
        periods.period_index as cutoff_index,
        periods.period_end_date as cutoff_date,
        true as is_season_ahead
    from periods
    cross join shared
    where
        periods.period_index >= shared.last_index - {{ year_periods }}
        and periods.period_index
        < shared.last_index
        - {{ year_periods }}
        + shared.season_ahead_count * shared.step_periods
        and (periods.period_index - shared.last_index + {{ year_periods }})
        % shared.step_periods = 0

),

counted as (

    select
        *,
        row_number() over (order by cutoff_index desc) as recency,
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

    -- Newest to test, the newest that closed before them and those of the season ahead
    -- to select on, the others to calibrate on. In a history too short for one to
    -- close, all that precede the test have a say with the periods known by then.
    select
        cutoff_index,
        cutoff_date,
        is_season_ahead,
        case
            when is_test then 'test'
            when is_season_ahead then 'select'
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
        cutoff_index,
        cutoff_date,
        is_season_ahead,
        fold_role
    from {{ ref('int_forecast_origin') }}

)

select * from roles
