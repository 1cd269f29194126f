{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('bibitor', 'opening_counts') }}

),

dated as (

    -- The opening of a day is the close of the day before.
    select
        file_name,
        line_number,
        location_id,
        product_id,
        city,
        units,
        cast(start_date - interval '1' day as date) as count_date,
        is_rejected,
        problems

    from lines

)

select * from dated
