with

counts as (

    select * from {{ ref('input_stock_counts') }}

),

sales as (

    select * from {{ ref('input_sales') }}

),

purchase_lines as (

    select * from {{ ref('input_purchase_order_lines') }}

),

first_counts as (

    select
        location_id,
        product_id,
        min(count_date) as first_count_date
    from counts
    group by location_id, product_id

),

sold as (

    select
        location_id,
        product_id,
        sale_date as movement_date,
        {{ exact_sum('units') }} as sold_units
    from sales
    group by location_id, product_id, sale_date

),

received as (

    select
        location_id,
        product_id,
        received_date as movement_date,
        {{ exact_sum('received_units') }} as received_units
    from purchase_lines
    where received_date is not null and not is_cancelled
    group by location_id, product_id, received_date

),

merged as (

    select
        location_id,
        product_id,
        movement_date,
        0 as received_units,
        sold_units,
        cast(null as double) as counted_units
    from sold

    union all

    select
        location_id,
        product_id,
        movement_date,
        received_units,
        0 as sold_units,
        cast(null as double) as counted_units
    from received

    union all

    select
        location_id,
        product_id,
        count_date as movement_date,
        0 as received_units,
        0 as sold_units,
        units as counted_units
    from counts

),

by_day as (

    select
        location_id,
        product_id,
        movement_date,
        {{ exact_sum('received_units') }} as received_units,
        {{ exact_sum('sold_units') }} as sold_units,
        max(counted_units) as counted_units
    from merged
    group by location_id, product_id, movement_date

),

since_first_count as (

    -- Before the first count the stock is unknown; that day's own movements are
    -- inside the count.
    select
        by_day.location_id,
        by_day.product_id,
        by_day.movement_date,
        first_counts.first_count_date,
        by_day.counted_units,
        case
            when by_day.movement_date > first_counts.first_count_date
                then by_day.received_units
            else 0
        end as received_units,
        case
            when by_day.movement_date > first_counts.first_count_date
                then by_day.sold_units
            else 0
        end as sold_units
    from by_day
    inner join first_counts
        on
            by_day.location_id = first_counts.location_id
            and by_day.product_id = first_counts.product_id
    where by_day.movement_date >= first_counts.first_count_date

),

cumulated as (

    select
        *,
        {{ exact_sum(
            'received_units - sold_units',
            over='(
                partition by location_id, product_id
                order by movement_date
                rows between unbounded preceding and current row
            )'
        ) }} as cumulative_net_units,
        count(counted_units) over (
            partition by location_id, product_id
            order by movement_date
            rows between unbounded preceding and current row
        ) as count_number
    from since_first_count

),

anchored as (

    -- Every row hangs on the last count at or before it.
    select
        *,
        max(counted_units) over (
            partition by location_id, product_id, count_number
        ) as anchor_units,
        max(
            case when counted_units is not null then cumulative_net_units end
        ) over (
            partition by location_id, product_id, count_number
        ) as anchor_net_units
    from cumulated

),

closed as (

    select
        *,
        anchor_units + cumulative_net_units - anchor_net_units as closing_units
    from anchored

),

opened as (

    select
        *,
        lag(closing_units) over (
            partition by location_id, product_id
            order by movement_date
        ) as opening_units
    from closed

),

balanced as (

    select
        location_id,
        product_id,
        movement_date,
        first_count_date,
        counted_units,
        coalesce(opening_units, closing_units) as opening_units,
        received_units,
        sold_units,
        coalesce(
            closing_units - opening_units - received_units + sold_units, 0
        ) as adjusted_units,
        closing_units,
        movement_date = first_count_date as is_first_count
    from opened

)

select * from balanced
