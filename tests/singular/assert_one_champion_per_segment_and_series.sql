-- Each segment has one champion, and each series and period of the live forecast one
-- forecast marked as such: with none nothing is ordered, with two it is ordered twice.

with

segments as (

    select distinct segment from {{ ref('int_forecast_segments') }}

),

champions as (

    select
        segment,
        count(*) as champion_count
    from {{ ref('fct_forecast_champions') }}
    group by segment

),

unled as (

    select
        segments.segment as entity_key,
        champions.champion_count
    from segments
    left join champions
        on segments.segment = champions.segment
    where coalesce(champions.champion_count, 0) <> 1

),

marked as (

    select
        location_id || '|' || product_id || ' ' || cast(forecast_date as varchar)
            as entity_key,
        count(*) filter (where is_champion) as champion_count
    from {{ ref('fct_forecasts') }}
    group by location_id, product_id, forecast_date
    having count(*) filter (where is_champion) <> 1

)

select * from unled

union all

select * from marked
