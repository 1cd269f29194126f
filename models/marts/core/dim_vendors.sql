with

vendors as (

    select * from {{ ref('input_vendors') }}

),

seen as (

    select
        vendor_id,
        min(ordered_date) as first_seen_date,
        max(ordered_date) as last_seen_date
    from {{ ref('input_purchase_order_lines') }}
    group by vendor_id

),

supplied as (

    select
        vendor_id,
        count(*) as product_count
    from {{ ref('input_products') }}
    where vendor_id is not null
    group by vendor_id

),

described as (

    select
        vendors.vendor_id,
        vendors.vendor_name,
        vendors.lead_time_days as stated_lead_time_days,
        vendors.review_days,
        vendors.min_order_value,
        vendors.order_cost,
        cast(coalesce(supplied.product_count, 0) as integer) as product_count,
        seen.first_seen_date,
        seen.last_seen_date
    from vendors
    left join seen
        on vendors.vendor_id = seen.vendor_id
    left join supplied
        on vendors.vendor_id = supplied.vendor_id

)

select * from described
