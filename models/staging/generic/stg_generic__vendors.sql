{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('generic', 'vendors') }}

),

dated as (

    -- A master file is known from the start.
    select
        file_name,
        line_number,
        vendor_id,
        vendor_name,
        lead_time_days,
        review_days,
        min_order_value,
        order_cost,
        1 as n_lines,
        cast(null as date) as first_seen_date,
        is_rejected,
        problems

    from lines

)

select * from dated
