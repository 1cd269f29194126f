with

morning_counts as (

    select * from {{ ref('input_morning_counts') }}

),

stock_counts as (

    -- A list of the next morning is the close of the day before.
    select
        stock_counts.location_id,
        stock_counts.product_id,
        stock_counts.units,
        coalesce(morning_counts.count_date, stock_counts.count_date) as count_date,
        stock_counts.is_full_count,
        stock_counts.is_rejected

    from {{ staged('stock_counts') }} as stock_counts
    left join morning_counts
        on
            stock_counts.location_id = morning_counts.location_id
            and stock_counts.count_date = morning_counts.counted_date

),

sales as (

    select * from {{ ref('input_sales') }}

),

purchase_order_lines as (

    select * from {{ ref('input_purchase_order_lines') }}

),

as_of as (

    select known_until_date from {{ ref('input_as_of') }}

),

counted as (

    select
        stock_counts.location_id,
        stock_counts.product_id,
        stock_counts.count_date,
        stock_counts.units,
        false as is_implied

    from stock_counts
    inner join as_of
        on stock_counts.count_date <= as_of.known_until_date

    where not stock_counts.is_rejected

),

full_counts as (

    select distinct
        stock_counts.location_id,
        stock_counts.count_date

    from stock_counts
    inner join as_of
        on stock_counts.count_date <= as_of.known_until_date

    where
        stock_counts.is_full_count
        and not stock_counts.is_rejected

),

handled as (

    select
        location_id,
        product_id

    from sales

    union

    select
        location_id,
        product_id

    from purchase_order_lines

),

implied as (

    -- Not on a count of the whole shelf: there was none. A line that was on the count
    -- and could not be read is a different thing: that stock is unknown.
    select
        handled.location_id,
        handled.product_id,
        full_counts.count_date,
        cast(0 as double) as units,
        true as is_implied

    from handled
    inner join full_counts
        on handled.location_id = full_counts.location_id
    left join stock_counts
        on
            handled.location_id = stock_counts.location_id
            and handled.product_id = stock_counts.product_id
            and stock_counts.is_full_count
            and full_counts.count_date
            = coalesce(stock_counts.count_date, full_counts.count_date)

    where stock_counts.product_id is null

),

combined as (

    select
        location_id,
        product_id,
        count_date,
        units,
        is_implied

    from counted

    union all

    select
        location_id,
        product_id,
        count_date,
        units,
        is_implied

    from implied

)

select * from combined
