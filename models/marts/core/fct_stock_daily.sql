with

balances as (

    {{ each_day(ref('int_stock_balances'), 'valid_from_date', 'valid_to_date') }}

),

dates as (

    select date_day
    from {{ ref('int_dates') }}
    where is_past

),

products as (

    select
        product_id,
        unit_cost
    from {{ ref('dim_products') }}

),

spread as (

    -- The movement falls on the first day of its interval; the days after repeat
    -- the balance.
    select
        balances.location_id,
        balances.product_id,
        dates.date_day as stock_date,
        case
            when
                dates.date_day = balances.valid_from_date
                and not balances.is_first_count
                then balances.opening_units
            else balances.closing_units
        end as opening_units,
        case
            when dates.date_day = balances.valid_from_date
                then balances.received_units
            else 0
        end as received_units,
        case
            when dates.date_day = balances.valid_from_date
                then balances.sold_units
            else 0
        end as sold_units,
        case
            when dates.date_day = balances.valid_from_date
                then balances.adjusted_units
            else 0
        end as adjusted_units,
        balances.closing_units,
        balances.is_stockout
    from balances
    inner join dates
        on balances.date_day = dates.date_day

),

valued as (

    select
        spread.location_id,
        spread.product_id,
        spread.stock_date,
        cast(spread.opening_units as double) as opening_units,
        cast(spread.received_units as double) as received_units,
        cast(spread.sold_units as double) as sold_units,
        cast(spread.adjusted_units as double) as adjusted_units,
        cast(spread.closing_units as double) as closing_units,
        cast(spread.closing_units * products.unit_cost as double)
            as closing_value,
        spread.is_stockout
    from spread
    inner join products
        on spread.product_id = products.product_id

)

select * from valued
