with

stock_counts as (

    select
        location_id,
        product_id,
        count_date
    from {{ staged('stock_counts') }}

    where not is_rejected

),

receipts as (

    select
        location_id,
        product_id,
        received_date
    from {{ staged('purchase_order_lines') }}

    where not is_rejected and received_date is not null

),

as_of as (

    select
        known_until_date,
        cast(
            {{ dbt.dateadd('day', var('morning_count_days'), 'known_until_date') }}
            as date
        ) as last_morning_date

    from {{ ref('input_as_of') }}

),

counted as (

    -- A chosen as-of date looks back: what was counted later was not known then.
    select
        stock_counts.location_id,
        stock_counts.product_id,
        as_of.known_until_date as count_date,
        min(stock_counts.count_date) as first_counted_date,
        min(case
            when stock_counts.count_date > as_of.known_until_date
                then stock_counts.count_date
        end) as counted_date

    from stock_counts
    inner join as_of
        on
            stock_counts.count_date
            between as_of.known_until_date and as_of.last_morning_date

    where {{ 'false' if setting('as_of_date') else 'true' }}

    group by
        stock_counts.location_id,
        stock_counts.product_id,
        as_of.known_until_date

),

taken as (

    -- What came in between is on the list, and was not there at the close.
    select
        counted.location_id,
        counted.product_id,
        counted.counted_date,
        counted.count_date

    from counted

    where
        counted.first_counted_date > counted.count_date
        and not exists (
            select 1
            from receipts
            where
                receipts.location_id = counted.location_id
                and receipts.product_id = counted.product_id
                and receipts.received_date > counted.count_date
                and receipts.received_date < counted.counted_date
        )

)

select * from taken
