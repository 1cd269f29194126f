{#- From the sparse balances: a balance that stands n days weighs n. -#}

with

balances as (

    select * from {{ ref('int_stock_balances') }}

),

sales as (

    select * from {{ ref('int_sales_daily') }}

),

bounds as (

    select
        location_id,
        product_id,
        min(valid_from_date) as ledger_first_date,
        max(valid_to_date) as ledger_last_date,
        sum(valid_days) as ledger_days,
        {{ exact_sum('closing_units * valid_days') }} as stock_unit_days,
        sum(case when is_stockout then valid_days else 0 end)
            as stockout_days
    from balances
    group by location_id, product_id

),

sold as (

    -- Sales inside the ledger only, so that both sides of a ratio see the same days.
    select
        bounds.location_id,
        bounds.product_id,
        {{ exact_sum('sales.units') }} as sold_units,
        {{ exact_sum('sales.revenue') }} as revenue,
        {{ exact_sum('sales.cogs') }} as cogs
    from bounds
    inner join sales
        on
            bounds.location_id = sales.location_id
            and bounds.product_id = sales.product_id
            and sales.sale_date between bounds.ledger_first_date
            and bounds.ledger_last_date
    group by bounds.location_id, bounds.product_id

),

performed as (

    select
        bounds.location_id,
        bounds.product_id,
        cast(bounds.ledger_days as integer) as ledger_days,
        cast(bounds.stockout_days as integer) as stockout_days,
        cast(
            bounds.stock_unit_days / cast(bounds.ledger_days as double) as double
        ) as average_inventory_units,
        cast(coalesce(sold.sold_units, 0) as double) as sold_units,
        -- No sale earns nothing; a sale without a price or a cost is not known.
        cast(
            case when sold.product_id is null then 0 else sold.revenue end as double
        ) as revenue,
        cast(
            case when sold.product_id is null then 0 else sold.cogs end as double
        ) as cogs
    from bounds
    left join sold
        on
            bounds.location_id = sold.location_id
            and bounds.product_id = sold.product_id

)

select * from performed
