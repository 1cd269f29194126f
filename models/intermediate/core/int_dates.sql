with

as_of as (

    select * from {{ ref('input_as_of') }}

),

first_dates as (

    select min(sale_date) as first_date
    from {{ ref('input_sales') }}

    union all

    select min(count_date) as first_date
    from {{ ref('input_stock_counts') }}

    union all

    -- What never came needs no calendar, and may bear any date.
    select min(ordered_date) as first_date
    from {{ ref('input_purchase_order_lines') }}
    where received_date is not null

),

bounds as (

    -- Whole weeks from the first fact to after the longest horizon.
    select
        as_of.as_of_date,
        as_of.last_period_end_date,
        as_of.period_days,
        as_of.is_weekly_source,
        cast(
            {{ dbt.date_trunc('week', 'min(first_dates.first_date)') }} as date
        ) as first_date,
        cast({{ dbt.dateadd(
            'day',
            '7 + as_of.period_days * ' ~ max_horizon_periods(),
            'as_of.as_of_date'
        ) }} as date) as last_date
    from as_of
    cross join first_dates
    group by
        as_of.as_of_date,
        as_of.last_period_end_date,
        as_of.period_days,
        as_of.is_weekly_source

),

days as (

    select
        bounds.*,
        cast({{ dbt.dateadd(
            'day', 'cast(spine.day_number as integer)', 'bounds.first_date'
        ) }} as date) as date_day
    from bounds
    cross join range(36525) as spine (day_number)
    where
        spine.day_number
        <= {{ dbt.datediff('bounds.first_date', 'bounds.last_date', 'day') }}

),

weeks as (

    select
        *,
        cast({{ dbt.date_trunc('week', 'date_day') }} as date) as week_start_date
    from days

),

periods as (

    select
        date_day,
        as_of_date,
        last_period_end_date,
        period_days,
        week_start_date,
        case when period_days = 7 then week_start_date else date_day end
            as period_date,
        -- A source stamped weekly has one demand bucket a week, whatever its day.
        case
            when is_weekly_source and period_days = 7 then week_start_date
            else date_day
        end as bucket_date,
        case when is_weekly_source and period_days = 7 then 7 else 1 end
            as bucket_days,
        1 + {{ dbt.datediff('week_start_date', 'date_day', 'day') }}
            as weekday_number
    from weeks

),

numbered as (

    select
        *,
        cast(
            {{ dbt.dateadd('day', 'period_days - 1', 'period_date') }} as date
        ) as period_end_date,
        -- Counted from a fixed Monday, so that what was learned at a period is found
        -- again tomorrow, whatever the first day of the files.
        floor(
            {{ dbt.datediff("cast('1990-01-01' as date)", 'period_date', 'day') }}
            / period_days
        ) as period_index
    from periods

),

flagged as (

    select
        date_day,
        week_start_date,
        period_date,
        period_end_date,
        bucket_date,
        cast(period_index as integer) as period_index,
        cast(bucket_days as integer) as bucket_days,
        cast(weekday_number as integer) as weekday_number,
        date_day <= as_of_date as is_past,
        period_end_date <= last_period_end_date as is_complete_period
    from numbered

)

select * from flagged
