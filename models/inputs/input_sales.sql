with

sales as (

    select * from {{ staged('sales') }}

),

as_of as (

    select known_until_date from {{ ref('input_as_of') }}

),

sale_dates as (

    select sale_date from {{ ref('input_sale_dates') }}
    where stray_side is null

),

known as (

    select
        sales.location_id,
        sales.product_id,
        sales.sale_date,
        sales.units,
        sales.revenue,
        sales.line_number as source_line_number

    from sales
    inner join as_of
        on sales.sale_date <= as_of.known_until_date
    inner join sale_dates
        on sales.sale_date = sale_dates.sale_date

    where not sales.is_rejected

)

select * from known
