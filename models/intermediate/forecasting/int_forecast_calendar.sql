with

dates as (

    select * from {{ ref('int_dates') }}

),

holidays as (

    select * from {{ ref('int_holidays') }}

),

marked as (

    select
        dates.*,
        holidays.holiday_date is not null as is_holiday
    from dates
    left join holidays
        on dates.date_day = holidays.holiday_date

),

ahead as (

    -- Shoppers come before a holiday: it lies one to seven days ahead.
    select
        *,
        max(case when is_holiday then 1 else 0 end) over (
            order by date_day
            rows between 1 following and 7 following
        ) as is_before_holiday,
        min(case when is_holiday then date_day end) over (
            order by date_day
            rows between current row and unbounded following
        ) as next_holiday_date,
        max(case when is_holiday then date_day end) over (
            order by date_day
            rows between unbounded preceding and current row
        ) as last_holiday_date
    from marked

),

by_period as (

    select
        period_index,
        min(period_date) as period_date,
        max(period_end_date) as period_end_date,
        bool_and(is_complete_period) as is_complete_period,
        count(*) as calendar_days,
        sum(case when is_holiday then 1 else 0 end) as holiday_days,
        sum(coalesce(is_before_holiday, 0)) as days_before_holiday,
        -- From the period to a holiday; beyond four weeks none is near.
        least(coalesce(min({{ dbt.datediff(
            'date_day', 'next_holiday_date', 'day'
        ) }}), 28), 28) as days_to_holiday,
        least(coalesce(min({{ dbt.datediff(
            'last_holiday_date', 'date_day', 'day'
        ) }}), 28), 28) as days_since_holiday,
        -- The middle of the period, as a fraction of the year.
        avg(extract(doy from date_day)) / 365.25 as year_fraction,
        min(weekday_number) as weekday_number
    from ahead
    group by period_index

),

featured as (

    select
        period_index,
        period_date,
        period_end_date,
        is_complete_period,
        cast(sin(2 * pi() * year_fraction) as double) as calendar_year_sine,
        cast(cos(2 * pi() * year_fraction) as double) as calendar_year_cosine,
        cast(sin(4 * pi() * year_fraction) as double) as calendar_half_year_sine,
        cast(cos(4 * pi() * year_fraction) as double) as calendar_half_year_cosine,
        cast(holiday_days as double) as calendar_holiday_days,
        cast(days_before_holiday as double) as calendar_days_before_holiday,
        cast(days_to_holiday as double) as calendar_days_to_holiday,
        cast(days_since_holiday as double) as calendar_days_since_holiday
    {%- if setting('planning_period') == 'day' %},
        {%- for weekday in range(1, 7) %}
        cast(case when weekday_number = {{ weekday }} then 1 else 0 end as double)
            as calendar_weekday_{{ weekday }}{{ ',' if not loop.last }}
        {%- endfor %}
        {%- endif %}
    from by_period

)

select * from featured
