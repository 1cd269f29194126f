{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('bibitor', 'purchase_order_lines') }}

),

completed as (

    -- The file lists receipts: what was received is what the line was ordered for.
    select
        file_name,
        line_number,
        po_id,
        vendor_id,
        vendor_name,
        location_id,
        product_id,
        units,
        unit_cost,
        case when received_date is not null then units end as received_units,
        false as is_cancelled,
        ordered_date,
        cast(null as date) as expected_date,
        received_date,
        is_rejected,
        problems

    from lines

)

select * from completed
