with

location_products as (

    select * from {{ ref('int_location_products') }}

),

dates as (

    select * from {{ ref('int_dates') }}

),

buckets as (

    -- A bucket is a day, or a week where sales come weekly.
    select
        bucket_date,
        min(period_index) as period_index,
        min(weekday_number) as weekday_number,
        min(bucket_days) as bucket_days
    from dates
    where is_past
    group by bucket_date

),

series as (

    select
        location_products.location_id,
        location_products.product_id,
        min(dates.bucket_date) as first_bucket_date
    from location_products
    inner join dates
        on location_products.first_life_date = dates.date_day
    group by location_products.location_id, location_products.product_id

),

sold as (

    select
        sales.location_id,
        sales.product_id,
        dates.bucket_date,
        {{ exact_sum('sales.net_units') }} as sold_units
    from {{ ref('int_sales_netted') }} as sales
    inner join dates
        on sales.sale_date = dates.date_day
    group by sales.location_id, sales.product_id, dates.bucket_date

),

declared as (

    -- Availability speaks of its own period: the day, or the whole week where
    -- sales come weekly.
    select
        availability.location_id,
        availability.product_id,
        dates.bucket_date,
        bool_and(availability.is_in_stock) as is_in_stock
    from {{ ref('input_availability') }} as availability
    inner join dates
        on availability.period_date = dates.date_day
    group by
        availability.location_id, availability.product_id, dates.bucket_date

),

stocked as (

    -- Stock that could be sold on a day: what it opened with and what came in; not
    -- in a week what came at its end.
    select
        balances.location_id,
        balances.product_id,
        dates.bucket_date,
        max(case
            when dates.date_day = balances.valid_from_date
                then
                    balances.opening_units
                    + case
                        when dates.bucket_days > 1 and dates.weekday_number = 7 then 0
                        else balances.received_units
                    end
            else balances.closing_units
        end) as most_available_units,
        max_by(balances.closing_units, dates.date_day) as closing_units,
        min(balances.closing_units) as lowest_units
    from {{ ref('int_stock_balances') }} as balances
    inner join dates
        on dates.date_day between balances.valid_from_date and balances.valid_to_date
    where dates.is_past
    group by balances.location_id, balances.product_id, dates.bucket_date

),

ended as (

    select
        location_id,
        product_id,
        ended_date
    from {{ ref('int_life_cycles') }}
    where ended_date is not null

),

dense as (

    select
        series.location_id,
        series.product_id,
        buckets.bucket_date,
        buckets.period_index,
        buckets.weekday_number,
        buckets.bucket_days,
        cast(coalesce(sold.sold_units, 0) as double) as sold_units,
        declared.is_in_stock,
        stocked.most_available_units,
        stocked.closing_units,
        -- Less than nothing cannot be on a shelf: the book misses a receipt.
        coalesce(stocked.lowest_units < -1e-6, false)
        and coalesce(declared.is_in_stock, true) as is_shelf_unknown,
        coalesce(buckets.bucket_date >= ended.ended_date, false) as is_ended
    from series
    inner join buckets
        on series.first_bucket_date <= buckets.bucket_date
    left join sold
        on
            series.location_id = sold.location_id
            and series.product_id = sold.product_id
            and buckets.bucket_date = sold.bucket_date
    left join declared
        on
            series.location_id = declared.location_id
            and series.product_id = declared.product_id
            and buckets.bucket_date = declared.bucket_date
    left join stocked
        on
            series.location_id = stocked.location_id
            and series.product_id = stocked.product_id
            and buckets.bucket_date = stocked.bucket_date
    left join ended
        on
            series.location_id = ended.location_id
            and series.product_id = ended.product_id

),

judged as (

    select
        location_id,
        product_id,
        bucket_date,
        period_index,
        weekday_number,
        bucket_days,
        sold_units,
        -- Empty all day: the zero says nothing about demand.
        sold_units <= 0
        and (
            coalesce(not is_in_stock, false)
            or coalesce(most_available_units <= 0 and not is_shelf_unknown, false)
        ) as is_empty,
        -- Sold to the last unit: demand was at least the sales.
        sold_units > 0
        and (
            coalesce(not is_in_stock, false)
            or coalesce(closing_units <= 0 and not is_shelf_unknown, false)
        ) as is_sold_out,
        is_shelf_unknown,
        is_ended
    from dense

)

select * from judged
