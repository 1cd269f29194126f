with

products as (

    select * from {{ ref('input_products') }}

),

seen as (

    select
        product_id,
        min(first_life_date) as first_seen_date,
        max(greatest(
            coalesce(last_sale_date, last_receipt_date, first_life_date),
            coalesce(last_receipt_date, last_sale_date, first_life_date)
        )) as last_seen_date,
        count(*) as location_count
    from {{ ref('int_location_products') }}
    group by product_id

),

described as (

    select
        products.product_id,
        products.description,
        products.category,
        products.vendor_id,
        products.unit_cost,
        products.unit_price,
        cast(coalesce(products.pack_size_units, 1) as double) as pack_size_units,
        cast(coalesce(products.min_order_units, 0) as double) as min_order_units,
        products.shelf_life_days,
        products.is_in_master,
        cast(coalesce(seen.location_count, 0) as integer) as location_count,
        seen.first_seen_date,
        seen.last_seen_date
    from products
    left join seen
        on products.product_id = seen.product_id

)

select * from described
