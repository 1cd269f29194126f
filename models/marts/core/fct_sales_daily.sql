with

sales as (

    select * from {{ ref('int_sales_daily') }}

)

select * from sales
