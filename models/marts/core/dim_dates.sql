with

dates as (

    select * from {{ ref('int_dates') }}

),

holidays as (

    select * from {{ ref('int_holidays') }}

),

described as (

    select
        dates.date_day,
        dates.week_start_date,
        cast({{ dbt.date_trunc('month', 'dates.date_day') }} as date)
            as month_start_date,
        cast(extract(year from dates.date_day) as integer) as calendar_year,
        cast(extract(month from dates.date_day) as integer) as calendar_month,
        dates.weekday_number,
        dates.period_date,
        dates.period_end_date,
        dates.period_index,
        holidays.holiday_name,
        holidays.holiday_date is not null as is_holiday,
        dates.is_past,
        dates.is_complete_period
    from dates
    left join holidays
        on dates.date_day = holidays.holiday_date

)

select * from described
