{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('generic', 'locations') }}

),

dated as (

    -- A master file is known from the start.
    select
        file_name,
        line_number,
        location_id,
        location_name,
        region,
        cast(null as date) as first_seen_date,
        is_rejected,
        problems

    from lines

)

select * from dated
