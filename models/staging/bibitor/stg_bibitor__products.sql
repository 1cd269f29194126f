{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('bibitor', 'products') }}

),

completed as (

    -- The format has no packs, minima or shelf lives.
    select
        file_name,
        line_number,
        product_id,
        description,
        vendor_id,
        vendor_name,
        category,
        unit_cost,
        unit_price,
        cast(null as double) as pack_size_units,
        cast(null as double) as min_order_units,
        cast(null as double) as shelf_life_days,
        is_rejected,
        problems

    from lines

)

select * from completed
