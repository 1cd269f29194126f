with

products as (

    select
        product_id,
        coalesce(category, 'none') as category
    from {{ ref('input_products') }}

),

observed as (

    select
        buckets.*,
        products.category
    from {{ ref('int_demand_observed') }} as buckets
    inner join products
        on buckets.product_id = products.product_id

),

weekday_index as (

    select * from {{ ref('int_demand_weekday_index') }}

),

indexed as (

    select
        observed.*,
        coalesce(weekday_index.weekday_index, 1) as weekday_index
    from observed
    left join weekday_index
        on
            observed.category = weekday_index.category
            and observed.bucket_date = weekday_index.bucket_date

),

rated as (

    -- Rate of the trailing in-stock buckets, free of their weekdays' shape.
    select
        *,
        sum(sold_units) filter (
            where not is_empty and not is_sold_out
        ) over trailing_window
        / nullif(sum(weekday_index) filter (
            where not is_empty and not is_sold_out
        ) over trailing_window, 0) as trailing_rate_units
    from indexed
    window
        trailing_window as (
            partition by location_id, product_id
            order by bucket_date
            range between interval '{{ var('demand_rate_window_days') }}' day
            preceding and interval '1' day preceding
        )

),

expected as (

    select
        *,
        {{ at_least_zero('(trailing_rate_units * weekday_index)') }}
            as expected_units
    from rated

),

estimated as (

    select
        location_id,
        product_id,
        bucket_date,
        period_index,
        bucket_days,
        sold_units,
        is_empty,
        is_sold_out,
        cast(case
            when is_empty then coalesce(expected_units, sold_units)
            when is_sold_out
                then coalesce(
                    {{ censored_demand_units('expected_units', 'sold_units') }},
                    sold_units
                )
            else sold_units
        end as double) as unconstrained_units,
        (is_empty or is_sold_out)
        and expected_units is null as is_estimate_missing
    from expected

)

select * from estimated
