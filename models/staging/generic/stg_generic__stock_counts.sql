{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('generic', 'stock_counts') }}

),

flagged as (

    select
        file_name,
        line_number,
        location_id,
        product_id,
        units,
        count_date,
        false as is_full_count,
        is_rejected,
        problems

    from lines

)

select * from flagged
