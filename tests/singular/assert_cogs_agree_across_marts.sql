-- Cost of goods sold inside the ledger is one number, whether added up by day, by
-- month or by product: turnover must not depend on the table it is read from.

with

ledgers as (

    select
        location_id,
        product_id,
        min(stock_date) as ledger_first_date,
        max(stock_date) as ledger_last_date
    from {{ ref('fct_stock_daily') }}
    group by location_id, product_id

),

daily as (

    select
        ledgers.location_id,
        sum(coalesce(sales.cogs, 0)) as cogs
    from ledgers
    left join {{ ref('fct_sales_daily') }} as sales
        on
            ledgers.location_id = sales.location_id
            and ledgers.product_id = sales.product_id
            and sales.sale_date
            between ledgers.ledger_first_date and ledgers.ledger_last_date
    group by ledgers.location_id

),

monthly as (

    select
        location_id,
        sum(cogs) as cogs
    from {{ ref('fct_inventory_performance_monthly') }}
    group by location_id

),

products as (

    select
        location_id,
        sum(coalesce(cogs, 0)) as cogs
    from {{ ref('fct_inventory_kpis') }}
    where ledger_days > 0
    group by location_id

)

select
    daily.location_id,
    daily.cogs as daily_cogs,
    monthly.cogs as monthly_cogs,
    products.cogs as product_cogs
from daily
left join monthly
    on daily.location_id = monthly.location_id
left join products
    on daily.location_id = products.location_id
where
    coalesce(abs(daily.cogs - monthly.cogs) > 1e-9 * abs(daily.cogs) + 1e-6, true)
    or coalesce(abs(daily.cogs - products.cogs) > 1e-9 * abs(daily.cogs) + 1e-6, true)
