{#-
    Signals per location and planning period. A value holds until the next one, so
    that an index published once a month has one in every period of it.
-#}

with

settings as (

    select * from {{ ref('signal_settings') }}

),

locations as (

    select distinct location_id from {{ ref('int_location_products') }}

),

dates as (

    select
        date_day,
        period_index,
        period_end_date,
        is_complete_period
    from {{ ref('int_dates') }}

),

placed as (

    -- A row of a location outranks one that holds for all.
    select
        locations.location_id,
        signals.signal,
        signals.signal_date,
        signals.value
    from {{ ref('input_signals') }} as signals
    inner join locations
        on coalesce(signals.location_id, locations.location_id) = locations.location_id
    qualify row_number() over (
        partition by locations.location_id, signals.signal, signals.signal_date
        order by case when signals.location_id is null then 1 else 0 end
    ) = 1

),

spans as (

    select
        location_id,
        signal,
        min(signal_date) as first_date,
        max(signal_date) as last_date
    from placed
    group by location_id, signal

),

reaches as (

    -- Whole periods after the last closed one that rows exist for at every location.
    select
        ends.signal,
        count(distinct dates.period_index) as reach_periods
    from (
        select
            signal,
            min(last_date) as last_date
        from spans
        group by signal
    ) as ends
    inner join dates
        on
            ends.last_date >= dates.period_end_date
            and not dates.is_complete_period
    group by ends.signal

),

statuses as (

    select
        spans.location_id,
        spans.signal,
        spans.first_date,
        case
            when settings.status = 'observed' then 0
            else coalesce(least(
                reaches.reach_periods,
                coalesce(settings.known_ahead_periods, reaches.reach_periods)
            ), 0)
        end as reach_periods,
        coalesce(settings.available_after_days, 0) as available_after_days,
        spans.last_date
    from spans
    left join reaches
        on spans.signal = reaches.signal
    left join settings
        on spans.signal = settings.signal

),

daily as (

    select
        statuses.location_id,
        statuses.signal,
        statuses.reach_periods,
        dates.period_index,
        -- Past its last row a signal with rows ahead is unknown; one that is only
        -- observed stays what it was.
        case
            when
                dates.date_day <= statuses.last_date or statuses.reach_periods = 0
                then last_value(placed.value ignore nulls) over (
                    partition by statuses.location_id, statuses.signal
                    order by dates.date_day
                    rows between unbounded preceding and current row
                )
        end as held_value,
        last_value(available.value ignore nulls) over (
            partition by statuses.location_id, statuses.signal
            order by dates.date_day
            rows between unbounded preceding and current row
        ) as available_value,
        dates.date_day,
        dates.period_end_date
    from statuses
    inner join dates
        on statuses.first_date <= dates.date_day
    left join placed
        on
            statuses.location_id = placed.location_id
            and statuses.signal = placed.signal
            and dates.date_day = placed.signal_date
    left join placed as available
        on
            statuses.location_id = available.location_id
            and statuses.signal = available.signal
            and dates.date_day = cast({{ dbt.dateadd(
                'day', 'statuses.available_after_days', 'available.signal_date'
            ) }} as date)

),

by_period as (

    select
        signal,
        location_id,
        cast(period_index as integer) as period_index,
        cast(case
            when count(held_value) = count(*) then {{ exact_mean('held_value') }}
        end as double) as period_value,
        -- The mean of what was out by the close, day by day.
        {{ exact_mean('available_value') }} as observed_value,
        cast(max(reach_periods) as integer) as reach_periods
    from daily
    group by signal, location_id, period_index

)

select * from by_period
