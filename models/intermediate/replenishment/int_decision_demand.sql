{#-
    Demand by an instant is read off its running sum, linear inside a bucket, so that
    parts of a day count pro rata, as in the simulation.
-#}
{%- set instants = {
    'decision': '0',
    'planned_arrival': 'planned_days - review_days',
    'planned_end': 'planned_days',
    'real_arrival': 'real_days - review_days',
    'real_end': 'real_days',
} -%}

with

decisions as (

    select * from {{ ref('int_decision_intervals') }}
    where observed_days > 0

),

dates as (

    select
        date_day,
        bucket_date,
        cast(row_number() over (
            partition by bucket_date order by date_day
        ) as integer) as day_of_bucket,
        bucket_days
    from {{ ref('int_dates') }}

),

running as (

    select
        location_id,
        product_id,
        bucket_date,
        sold_units,
        coalesce(unconstrained_units, sold_units) as unconstrained_units,
        {{ exact_sum(
            'sold_units',
            over='series_window'
        ) }} - sold_units as sold_before_units,
        {{ exact_sum(
            'coalesce(unconstrained_units, sold_units)',
            over='series_window'
        ) }}
        - coalesce(unconstrained_units, sold_units)
            as demand_before_units
    from {{ ref('int_demand_unconstrained') }}
    window
        series_window as (
            partition by location_id, product_id
            order by bucket_date
            rows between unbounded preceding and current row
        )

),

instants as (

    {% for instant, days in instants.items() %}

    select
        run_id,
        location_id,
        product_id,
        '{{ instant }}' as instant,
        known_until_date,
        cast(least({{ days }}, observed_days) as double) as elapsed_days
    from decisions

    {{ 'union all' if not loop.last }}
    {% endfor %}

),

dated as (

    -- The day on which the instant falls, and how much of that day is over.
    select
        *,
        cast({{ dbt.dateadd(
            'day', 'cast(ceil(elapsed_days) as integer)', 'known_until_date'
        ) }} as date) as instant_date,
        case when elapsed_days = 0 then 1 else elapsed_days - ceil(elapsed_days) + 1 end
            as day_share
    from instants

),

read_off as (

    select
        dated.run_id,
        dated.location_id,
        dated.product_id,
        dated.instant,
        running.demand_before_units
        + running.unconstrained_units
        * (dates.day_of_bucket - 1 + dated.day_share) / dates.bucket_days
            as demand_units,
        running.sold_before_units
        + running.sold_units
        * (dates.day_of_bucket - 1 + dated.day_share) / dates.bucket_days
            as sold_units
    from dated
    inner join dates
        on dated.instant_date = dates.date_day
    inner join running
        on
            dated.location_id = running.location_id
            and dated.product_id = running.product_id
            and dates.bucket_date = running.bucket_date

),

summed as (

    select
        run_id,
        location_id,
        product_id,
        {%- for instant in instants if instant != 'decision' %}
        cast(
            max(case when instant = '{{ instant }}' then demand_units end)
            - max(case when instant = 'decision' then demand_units end) as double
        ) as demand_to_{{ instant }}_units,
        {%- endfor %}
        cast(
            max(case when instant = 'real_end' then sold_units end)
            - max(case when instant = 'decision' then sold_units end) as double
        ) as sold_to_real_end_units
    from read_off
    group by run_id, location_id, product_id

)

select * from summed
