with

as_of as (

    select as_of_date from {{ ref('input_as_of') }}

),

movements as (

    select * from {{ ref('int_stock_movements') }}

),

products as (

    select
        product_id,
        unit_cost
    from {{ ref('dim_products') }}

),

intervals as (

    -- A count closes the interval before it; the days after belong to the next.
    select
        *,
        count(case when counted_units is not null then 1 end) over (
            partition by location_id, product_id
            order by movement_date
            rows between unbounded preceding and 1 preceding
        ) as interval_number,
        case
            when counted_units is not null then movement_date
        end as counted_date
    from movements

),

summed as (

    select
        location_id,
        product_id,
        interval_number,
        {{ exact_sum('received_units') }} as received_units,
        {{ exact_sum('sold_units') }} as sold_units,
        {{ exact_sum('adjusted_units') }} as adjusted_units,
        max_by(closing_units, movement_date) as closing_units,
        max(counted_date) as counted_date
    from intervals
    where not is_first_count
    group by location_id, product_id, interval_number

),

starts as (

    select
        location_id,
        product_id,
        cast(row_number() over (
            partition by location_id, product_id order by movement_date
        ) as bigint) as interval_number,
        cast({{ dbt.dateadd('day', 1, 'movement_date') }} as date)
            as interval_start_date,
        closing_units as start_units
    from movements
    where counted_units is not null

),

reconciled as (

    select
        starts.location_id,
        starts.product_id,
        starts.interval_start_date,
        cast(coalesce(summed.counted_date, as_of.as_of_date) as date)
            as interval_end_date,
        cast(starts.start_units as double) as opening_units,
        cast(coalesce(summed.received_units, 0) as double) as received_units,
        cast(coalesce(summed.sold_units, 0) as double) as sold_units,
        cast(coalesce(summed.adjusted_units, 0) as double) as adjusted_units,
        cast(coalesce(summed.closing_units, starts.start_units) as double)
            as closing_units,
        cast(coalesce(summed.adjusted_units, 0) as double) as unexplained_units,
        cast(
            coalesce(summed.adjusted_units, 0) * products.unit_cost as double
        ) as unexplained_value,
        summed.counted_date is not null as is_closed_by_count
    from starts
    cross join as_of
    inner join products
        on starts.product_id = products.product_id
    left join summed
        on
            starts.location_id = summed.location_id
            and starts.product_id = summed.product_id
            and starts.interval_number = summed.interval_number
    where
        starts.interval_start_date <= as_of.as_of_date
        or summed.interval_number is not null

)

select * from reconciled
