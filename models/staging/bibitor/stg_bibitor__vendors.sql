with

products as (

    select * from {{ ref('stg_bibitor__products') }}

),

purchase_order_lines as (

    select * from {{ ref('stg_bibitor__purchase_order_lines') }}

),

invoices as (

    select * from {{ ref('stg_bibitor__invoices') }}

),

sales as (

    select * from {{ ref('stg_bibitor__sales') }}

),

mentions as (

    -- The price list is a master file, known from the start.
    select
        vendor_id,
        vendor_name,
        count(*) as n_lines,
        cast(null as date) as first_seen_date

    from products

    where not is_rejected

    group by vendor_id, vendor_name

    union all

    select
        vendor_id,
        vendor_name,
        cast(null as bigint) as n_lines,
        min(ordered_date) as first_seen_date

    from purchase_order_lines

    where not is_rejected

    group by vendor_id, vendor_name

    union all

    select
        vendor_id,
        vendor_name,
        cast(null as bigint) as n_lines,
        min(invoice_date) as first_seen_date

    from invoices

    where not is_rejected

    group by vendor_id, vendor_name

    union all

    select
        vendor_id,
        vendor_name,
        cast(null as bigint) as n_lines,
        min(sale_date) as first_seen_date

    from sales

    where not is_rejected

    group by vendor_id, vendor_name

),

completed as (

    select
        vendor_id,
        vendor_name,
        cast(null as double) as lead_time_days,
        cast(null as double) as review_days,
        cast(null as double) as min_order_value,
        cast(null as double) as order_cost,
        n_lines,
        first_seen_date,
        false as is_rejected

    from mentions

    where vendor_id is not null

)

select * from completed
