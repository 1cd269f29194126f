-- First count + received - sold + adjusted = last closing, with what was received and
-- sold taken from the inputs: the ledger has lost no line and booked none twice.

with

as_of as (

    select as_of_date from {{ ref('input_as_of') }}

),

counts as (

    select
        location_id,
        product_id,
        min(count_date) as first_count_date,
        min_by(units, count_date) as first_count_units
    from {{ ref('input_stock_counts') }}
    group by location_id, product_id

),

sold as (

    select
        sales.location_id,
        sales.product_id,
        sum(sales.units) as sold_units
    from {{ ref('input_sales') }} as sales
    inner join counts
        on
            sales.location_id = counts.location_id
            and sales.product_id = counts.product_id
            and sales.sale_date > counts.first_count_date
    group by sales.location_id, sales.product_id

),

received as (

    select
        parts.location_id,
        parts.product_id,
        sum(parts.received_units) as received_units
    from {{ ref('input_purchase_order_lines') }} as parts
    inner join counts
        on
            parts.location_id = counts.location_id
            and parts.product_id = counts.product_id
            and parts.received_date > counts.first_count_date
    where not parts.is_cancelled
    group by parts.location_id, parts.product_id

),

ledger as (

    select
        location_id,
        product_id,
        sum(adjusted_units) as adjusted_units,
        max_by(closing_units, stock_date) as closing_units
    from {{ ref('fct_stock_daily') }}
    group by location_id, product_id

),

compared as (

    select
        counts.location_id,
        counts.product_id,
        counts.first_count_units
        + coalesce(received.received_units, 0)
        - coalesce(sold.sold_units, 0)
        + ledger.adjusted_units as expected_units,
        ledger.closing_units
    from counts
    cross join as_of
    left join sold
        on
            counts.location_id = sold.location_id
            and counts.product_id = sold.product_id
    left join received
        on
            counts.location_id = received.location_id
            and counts.product_id = received.product_id
    left join ledger
        on
            counts.location_id = ledger.location_id
            and counts.product_id = ledger.product_id
    where counts.first_count_date < as_of.as_of_date

)

select * from compared
where coalesce(abs(expected_units - closing_units) > 1e-6, true)
