with

sales as (

    select
        location_id,
        product_id,
        sale_date,
        units,
        revenue,
        cogs,
        unit_price,
        is_promotion
    from {{ ref('int_sales_daily') }}

)

select * from sales
