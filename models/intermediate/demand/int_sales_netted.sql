{#-
    A return is known on its day: netting is cleaning of the history as of today, and
    what came back later is no part of a sale that a backtest learns from.
-#}

with

daily as (

    select
        location_id,
        product_id,
        sale_date,
        {{ exact_sum('units') }} as units,
        {{ exact_sum('case when units < 0 then -units else 0 end') }}
            as returned_units
    from {{ ref('input_sales') }}
    group by location_id, product_id, sale_date

),

shortfalls as (

    -- A day that took back more than it sold: earlier sales came back.
    select
        location_id,
        product_id,
        sale_date,
        returned_units
    from daily
    where units < 0

),

cancelled as (

    -- The latest sale that is large enough is the one that came back.
    select
        shortfalls.location_id,
        shortfalls.product_id,
        shortfalls.sale_date,
        shortfalls.returned_units,
        max(daily.sale_date) as cancelled_date
    from shortfalls
    inner join daily
        on
            shortfalls.location_id = daily.location_id
            and shortfalls.product_id = daily.product_id
            and shortfalls.returned_units <= daily.units
            and shortfalls.sale_date > daily.sale_date
            and {{ dbt.datediff('daily.sale_date', 'shortfalls.sale_date', 'day') }}
            <= {{ var('return_window_days') }}
    group by
        shortfalls.location_id,
        shortfalls.product_id,
        shortfalls.sale_date,
        shortfalls.returned_units

),

moves as (

    select
        location_id,
        product_id,
        sale_date,
        units
    from daily

    union all

    select
        location_id,
        product_id,
        cancelled_date as sale_date,
        -returned_units as units
    from cancelled

    union all

    select
        location_id,
        product_id,
        sale_date,
        returned_units as units
    from cancelled

),

moved as (

    select
        location_id,
        product_id,
        sale_date,
        {{ exact_sum('units') }} as units
    from moves
    group by location_id, product_id, sale_date

),

accumulated as (

    select
        *,
        {{ exact_sum(
            'units',
            over='(
                partition by location_id, product_id
                order by sale_date desc
                rows between unbounded preceding and current row
            )'
        ) }} as units_from_here,
        min(units) over (partition by location_id, product_id) as least_units
    from moved

),

peaked as (

    -- What is left of a return takes from the sales before it, the latest first: what
    -- remains of a day is the rise of the highest sum of the days from there on.
    select
        *,
        greatest(max(units_from_here) over (
            partition by location_id, product_id
            order by sale_date desc
            rows between unbounded preceding and current row
        ), 0) as highest_units
    from accumulated

),

netted as (

    select
        location_id,
        product_id,
        sale_date,
        cast(case
            when least_units >= 0 then units
            else highest_units - coalesce(lag(highest_units) over (
                partition by location_id, product_id
                order by sale_date desc
            ), 0)
        end as double) as net_units
    from peaked

)

select * from netted
