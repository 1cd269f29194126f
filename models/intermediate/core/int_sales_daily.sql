with

products as (

    select
        product_id,
        unit_cost,
        unit_price
    from {{ ref('input_products') }}

),

sales as (

    -- A line that does not say its revenue sold at the list price.
    select
        sale_lines.location_id,
        sale_lines.product_id,
        sale_lines.sale_date,
        {{ exact_sum('sale_lines.units') }} as units,
        {{ exact_sum('coalesce(
            sale_lines.revenue, sale_lines.units * products.unit_price
        )') }} as revenue,
        {{ exact_sum('sale_lines.units * products.unit_cost') }} as cogs
    from {{ ref('input_sales') }} as sale_lines
    inner join products
        on sale_lines.product_id = products.product_id
    group by sale_lines.location_id, sale_lines.product_id, sale_lines.sale_date

),

promotions as (

    select * from {{ ref('input_promotions') }}

),

promoted as (

    select
        sales.location_id,
        sales.product_id,
        sales.sale_date
    from sales
    inner join promotions
        on
            sales.product_id = promotions.product_id
            and sales.sale_date between promotions.start_date and promotions.end_date
            and coalesce(promotions.location_id, sales.location_id)
            = sales.location_id
    group by sales.location_id, sales.product_id, sales.sale_date

),

priced as (

    select
        sales.location_id,
        sales.product_id,
        sales.sale_date,
        cast(sales.units as double) as units,
        cast(sales.revenue as double) as revenue,
        cast(sales.cogs as double) as cogs,
        cast(sales.revenue / nullif(sales.units, 0) as double) as unit_price,
        promoted.product_id is not null as is_promotion
    from sales
    left join promoted
        on
            sales.location_id = promoted.location_id
            and sales.product_id = promoted.product_id
            and sales.sale_date = promoted.sale_date

)

select * from priced
