{#- Trailing only: an index that saw later days would leak into backtests. -#}
{%- set window_days = 2 * var('demand_rate_window_days') -%}

with

observed as (

    select * from {{ ref('int_demand_observed') }}

),

products as (

    select
        product_id,
        coalesce(category, 'none') as category
    from {{ ref('input_products') }}

),

in_stock as (

    select
        products.category,
        observed.bucket_date,
        observed.weekday_number,
        -- A day on which all of a category was cut still has an index.
        {{ exact_sum('case
            when not observed.is_empty and not observed.is_sold_out
                then observed.sold_units
            else 0
        end') }} as sold_units,
        count(*) filter (
            where not observed.is_empty and not observed.is_sold_out
        ) as series_count
    from observed
    inner join products
        on observed.product_id = products.product_id
    group by
        products.category, observed.bucket_date, observed.weekday_number

),

windowed as (

    select
        category,
        bucket_date,
        weekday_number,
        {{ exact_sum('sold_units', over='weekday_window') }} as weekday_units,
        sum(series_count) over weekday_window as weekday_series,
        {{ exact_sum('sold_units', over='all_window') }} as all_units,
        sum(series_count) over all_window as all_series
    from in_stock
    window
        weekday_window as (
            partition by category, weekday_number
            order by bucket_date
            range between interval '{{ window_days }}' day preceding
            and interval '1' day preceding
        ),
        all_window as (
            partition by category
            order by bucket_date
            range between interval '{{ window_days }}' day preceding
            and interval '1' day preceding
        )

),

indexed as (

    select
        category,
        bucket_date,
        cast(coalesce(
            (weekday_units / nullif(weekday_series, 0))
            / nullif(all_units / nullif(all_series, 0), 0),
            1
        ) as double) as weekday_index
    from windowed

)

select * from indexed
