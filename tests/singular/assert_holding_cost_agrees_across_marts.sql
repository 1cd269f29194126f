-- Months and KPIs hold the same stock at the same rate, and the components of a month
-- sum to it. A month of negative book stock costs nothing and cannot make another
-- cheaper, so that months may exceed the KPIs there, and only there.

with

products as (

    select
        product_id,
        coalesce(category, 'none') as category
    from {{ ref('dim_products') }}

),

below_zero as (

    select distinct
        ledger.location_id,
        products.category
    from {{ ref('fct_stock_daily') }} as ledger
    inner join products
        on ledger.product_id = products.product_id
    where ledger.closing_units < 0

),

by_product as (

    select
        kpis.location_id,
        products.category,
        coalesce(sum(kpis.holding_cost), 0) as holding_cost
    from {{ ref('fct_inventory_kpis') }} as kpis
    inner join products
        on kpis.product_id = products.product_id
    where kpis.ledger_days > 0
    group by kpis.location_id, products.category

),

by_month as (

    select
        location_id,
        category,
        coalesce(sum(holding_cost), 0) as holding_cost,
        coalesce(sum(
            capital_holding_cost
            + storage_holding_cost
            + insurance_and_shrinkage_holding_cost
            + obsolescence_holding_cost
        ), 0) as component_cost
    from {{ ref('fct_inventory_performance_monthly') }}
    group by location_id, category

),

compared as (

    select
        coalesce(by_product.location_id, by_month.location_id) as location_id,
        coalesce(by_product.category, by_month.category) as category,
        by_product.holding_cost as product_holding_cost,
        by_month.holding_cost as month_holding_cost,
        by_month.component_cost as month_component_cost,
        below_zero.category is not null as is_below_zero,
        1e-9 * abs(by_product.holding_cost) + 1e-6 as tolerance
    from by_product
    full outer join by_month
        on
            by_product.location_id = by_month.location_id
            and by_product.category = by_month.category
    left join below_zero
        on
            by_product.location_id = below_zero.location_id
            and by_product.category = below_zero.category

)

select * from compared
where
    coalesce(month_holding_cost < product_holding_cost - tolerance, true)
    or (
        not is_below_zero
        and month_holding_cost > product_holding_cost + tolerance
    )
    or abs(month_component_cost - month_holding_cost) > tolerance
