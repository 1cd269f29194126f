with

counts as (

    select * from {{ ref('input_stock_counts') }}

),

sales as (

    select * from {{ ref('input_sales') }}

),

purchase_lines as (

    select * from {{ ref('input_purchase_order_lines') }}

),

signs as (

    -- Stock counted at a close can be sold from the next day.
    select
        location_id,
        product_id,
        min(
            case
                when units > 0
                    then cast({{ dbt.dateadd('day', 1, 'count_date') }} as date)
            end
        ) as first_life_date,
        cast(null as date) as first_sale_date,
        cast(null as date) as last_sale_date,
        cast(null as date) as last_receipt_date,
        min(count_date) as first_count_date,
        max(count_date) as last_count_date,
        0 as sold_units
    from counts
    group by location_id, product_id

    union all

    select
        location_id,
        product_id,
        min(sale_date) as first_life_date,
        min(sale_date) as first_sale_date,
        max(sale_date) as last_sale_date,
        cast(null as date) as last_receipt_date,
        cast(null as date) as first_count_date,
        cast(null as date) as last_count_date,
        {{ exact_sum('units') }} as sold_units
    from sales
    group by location_id, product_id

    union all

    select
        location_id,
        product_id,
        min(received_date) as first_life_date,
        cast(null as date) as first_sale_date,
        cast(null as date) as last_sale_date,
        max(received_date) as last_receipt_date,
        cast(null as date) as first_count_date,
        cast(null as date) as last_count_date,
        0 as sold_units
    from purchase_lines
    group by location_id, product_id

),

merged as (

    select
        location_id,
        product_id,
        min(first_life_date) as first_life_date,
        min(first_sale_date) as first_sale_date,
        max(last_sale_date) as last_sale_date,
        max(last_receipt_date) as last_receipt_date,
        min(first_count_date) as first_count_date,
        max(last_count_date) as last_count_date,
        {{ exact_sum('sold_units') }} as sold_units
    from signs
    group by location_id, product_id

)

select * from merged
