-- An actual from a period that has not ended, or a sum over one, is not yet known: to
-- score against it is to score against a part.

with

as_of as (

    select last_period_end_date from {{ ref('input_as_of') }}

),

calendar as (

    select
        period_index,
        period_end_date
    from {{ ref('int_forecast_calendar') }}

),

targets as (

    select
        'step' as target_kind,
        backtests.model,
        backtests.cutoff_date,
        dates.period_end_date
    from {{ ref('fct_forecast_backtests') }} as backtests
    inner join {{ ref('dim_dates') }} as dates
        on backtests.forecast_date = dates.date_day
    where backtests.actual_units is not null

    union all

    select
        'sum' as target_kind,
        sums.model,
        sums.cutoff_date,
        calendar.period_end_date
    from {{ ref('int_forecast_sums') }} as sums
    inner join calendar
        on sums.last_target_index = calendar.period_index

)

select targets.*
from targets
cross join as_of
where targets.period_end_date > as_of.last_period_end_date
