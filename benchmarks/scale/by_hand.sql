-- The six files to KPI tables as one writes them by hand, without checks, rejects, open
-- orders, outages or tests: what the SQL part of the warehouse is held against.
create or replace table products as
select
    cast(Brand as varchar) as product_id,
    any_value(Classification) as category,
    cast(any_value(VendorNumber) as varchar) as vendor_id,
    any_value(Price) as unit_price,
    any_value(PurchasePrice) as unit_cost
from read_csv('{folder}/2017PurchasePricesDec*', header = true)
group by Brand;

create or replace table sales as
select
    cast(Store as varchar) as location_id,
    cast(Brand as varchar) as product_id,
    SalesDate as sale_date,
    sum(SalesQuantity) as units,
    sum(SalesDollars) as revenue
from read_csv('{folder}/SalesFINAL12312016*', header = true)
group by all;

create or replace table purchase_lines as
select
    cast(Store as varchar) as location_id,
    cast(Brand as varchar) as product_id,
    cast(VendorNumber as varchar) as vendor_id,
    PODate as ordered_date,
    ReceivingDate as received_date,
    Quantity as units,
    PurchasePrice as unit_cost
from read_csv('{folder}/PurchasesFINAL12312016*', header = true);

create or replace table counts as
select
    cast(Store as varchar) as location_id,
    cast(Brand as varchar) as product_id,
    sum(onHand) as units,
    min(startDate) as first_date
from read_csv('{folder}/BegInvFINAL12312016*', header = true)
group by all;

create or replace table movements as
select
    location_id,
    product_id,
    stock_date,
    sum(received) as received_units,
    sum(sold) as sold_units
from (
    select location_id, product_id, sale_date as stock_date, 0 as received, units as sold
    from sales
    union all
    select location_id, product_id, received_date, units, 0
    from purchase_lines
    where received_date <= (select max(sale_date) from sales)
)
group by all;

create or replace table stock_daily as
with days as (
    select cast(unnest(generate_series(
        (select min(sale_date) from sales), (select max(sale_date) from sales),
        interval 1 day
    )) as date) as stock_date
),
pairs as (
    select location_id, product_id, min(stock_date) as first_date
    from movements
    group by all
)
select
    pairs.location_id,
    pairs.product_id,
    days.stock_date,
    coalesce(movements.received_units, 0) as received_units,
    coalesce(movements.sold_units, 0) as sold_units,
    coalesce(counts.units, 0) + sum(
        coalesce(movements.received_units, 0) - coalesce(movements.sold_units, 0)
    ) over (
        partition by pairs.location_id, pairs.product_id order by days.stock_date
    ) as closing_units
from pairs
inner join days on pairs.first_date <= days.stock_date
left join movements using (location_id, product_id, stock_date)
left join counts using (location_id, product_id);

create or replace table kpis as
with yearly as (
    select
        location_id,
        product_id,
        sum(stock_daily.sold_units) * 365 / count(*) as annual_demand_units,
        sum(stock_daily.sold_units * products.unit_cost) as cogs,
        avg(stock_daily.closing_units * products.unit_cost) as average_inventory_value,
        count(*) as ledger_days,
        stddev_samp(stock_daily.sold_units) as sd_units
    from stock_daily
    inner join products using (product_id)
    group by all
),
lead_times as (
    select
        vendor_id,
        avg(received_date - ordered_date) as lead_time_days,
        stddev_samp(received_date - ordered_date) as lead_time_sd_days
    from purchase_lines
    group by all
)
select
    yearly.*,
    lead_times.lead_time_days,
    cogs * 365 / ledger_days / nullif(average_inventory_value, 0) as inventory_turnover,
    average_inventory_value * 0.25 as holding_cost,
    sqrt(2 * annual_demand_units * 10 / nullif(products.unit_cost * 0.25, 0)) as eoq_units,
    1.645 * sqrt(
        lead_time_days * power(sd_units, 2)
        + power(annual_demand_units / 365, 2) * power(lead_time_sd_days, 2)
    ) as safety_stock_units,
    sum(annual_demand_units * products.unit_cost) over (
        order by annual_demand_units * products.unit_cost desc
    ) / sum(annual_demand_units * products.unit_cost) over () as cumulative_share
from yearly
inner join products using (product_id)
left join lead_times using (vendor_id);

create or replace table performance_monthly as
select
    date_trunc('month', stock_date) as month,
    location_id,
    category,
    sum(sold_units * unit_cost) as cogs,
    avg(closing_units * unit_cost) as average_inventory_value,
    count(*) filter (where closing_units <= 0) as stockout_days
from stock_daily
inner join products using (product_id)
group by all;
