with

morning_counts as (

    select * from {{ ref('input_morning_counts') }}

),

bounds as (

    select first_count_date from {{ ref('input_count_bounds') }}

),

stock_counts as (

    -- A list of the next morning is the close of the day before.
    select
        stock_counts.location_id,
        stock_counts.product_id,
        stock_counts.units,
        coalesce(morning_counts.count_date, stock_counts.count_date) as count_date,
        stock_counts.is_full_count,
        stock_counts.is_rejected,
        coalesce(stock_counts.count_date < bounds.first_count_date, false) as is_early

    from {{ staged('stock_counts') }} as stock_counts
    left join morning_counts
        on
            stock_counts.location_id = morning_counts.location_id
            and stock_counts.product_id = morning_counts.product_id
            and stock_counts.count_date = morning_counts.counted_date
    cross join bounds

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

    where not stock_counts.is_rejected and not stock_counts.is_early

),

lists as (

    select
        stock_counts.location_id,
        stock_counts.count_date,
        count(*) as n_lines

    from stock_counts
    inner join as_of
        on stock_counts.count_date <= as_of.known_until_date

    where
        stock_counts.is_full_count
        and not stock_counts.is_rejected
        and not stock_counts.is_early

    group by stock_counts.location_id, stock_counts.count_date

),

full_counts as (

    -- A few lines of a list under another date are slips, not a count of the shelf.
    select
        location_id,
        count_date

    from lists

    qualify 2 * n_lines >= max(n_lines) over (partition by location_id)

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

listed as (

    -- A line that was on a count and whose date or units are not to be trusted says
    -- that there was something, not when: that stock is unknown.
    select
        stock_counts.location_id,
        stock_counts.product_id,
        full_counts.count_date

    from stock_counts
    left join full_counts
        on
            stock_counts.location_id = full_counts.location_id
            and stock_counts.count_date = full_counts.count_date

    where stock_counts.is_full_count

),

implied as (

    -- Not on a count of the whole shelf: there was none.
    select
        handled.location_id,
        handled.product_id,
        full_counts.count_date,
        cast(0 as double) as units,
        true as is_implied

    from handled
    inner join full_counts
        on handled.location_id = full_counts.location_id
    left join listed
        on
            handled.location_id = listed.location_id
            and handled.product_id = listed.product_id
            and full_counts.count_date
            = coalesce(listed.count_date, full_counts.count_date)

    where listed.product_id is null

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
