{#- Where the forecasts that orders rest on begin: the last complete period. -#}

with

history as (

    select max(period_index) as cutoff_index
    from {{ ref('int_demand_by_period') }}

),

periods as (

    select
        period_index,
        period_end_date
    from {{ ref('int_forecast_calendar') }}
    where is_complete_period

),

origin as (

    select
        history.cutoff_index,
        periods.period_end_date as cutoff_date,
        false as is_season_ahead,
        'live' as fold_role
    from history
    inner join periods
        on history.cutoff_index = periods.period_index

)

select * from origin
