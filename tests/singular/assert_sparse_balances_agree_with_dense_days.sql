-- KPIs weigh sparse balances by the days they stand; the daily table must give the
-- same average stock and the same number of days, or big chains, which go without the
-- daily table, get other KPIs.

with

dense as (

    select
        location_id,
        product_id,
        count(*) as ledger_days,
        avg(closing_units) as average_inventory_units,
        sum(case when is_stockout then 1 else 0 end) as stockout_days
    from {{ ref('fct_stock_daily') }}
    group by location_id, product_id

),

sparse as (

    select * from {{ ref('int_inventory_performance') }}

)

select
    coalesce(sparse.location_id, dense.location_id) as location_id,
    coalesce(sparse.product_id, dense.product_id) as product_id,
    sparse.average_inventory_units as sparse_units,
    dense.average_inventory_units as dense_units
from sparse
full outer join dense
    on
        sparse.location_id = dense.location_id
        and sparse.product_id = dense.product_id
where
    sparse.product_id is null
    or dense.product_id is null
    or sparse.ledger_days <> dense.ledger_days
    or sparse.stockout_days <> dense.stockout_days
    or abs(sparse.average_inventory_units - dense.average_inventory_units) > 1e-6
