with

purchase_lines as (

    select * from {{ ref('input_purchase_order_lines') }}

),

open_lines as (

    select * from {{ ref('int_open_purchase_lines') }}

),

lead_times as (

    select
        po_line_id,
        duration_days
    from {{ ref('int_lead_times_observed') }}
    where is_received and not is_excluded

),

numbered as (

    -- Parts of a split receipt are numbered in the order they came.
    select
        purchase_lines.po_id,
        purchase_lines.location_id,
        purchase_lines.product_id,
        cast(row_number() over (
            partition by
                purchase_lines.po_id,
                purchase_lines.location_id,
                purchase_lines.product_id
            order by
                purchase_lines.received_date nulls last, purchase_lines.po_line_id
        ) as integer) as receipt_number,
        purchase_lines.po_line_id,
        purchase_lines.vendor_id,
        purchase_lines.ordered_date,
        purchase_lines.expected_date,
        open_lines.expected_receipt_date,
        purchase_lines.received_date,
        purchase_lines.units as ordered_units,
        purchase_lines.received_units,
        cast(purchase_lines.open_units as double) as open_units,
        purchase_lines.unit_cost,
        cast(purchase_lines.units * purchase_lines.unit_cost as double)
            as ordered_value,
        cast(lead_times.duration_days as double) as lead_time_days,
        purchase_lines.is_cancelled,
        open_lines.po_line_id is not null as is_open,
        coalesce(
            open_lines.is_late,
            purchase_lines.received_date > purchase_lines.expected_date,
            false
        ) as is_late,
        coalesce(open_lines.is_dead, false) as is_dead
    from purchase_lines
    left join open_lines
        on purchase_lines.po_line_id = open_lines.po_line_id
    left join lead_times
        on purchase_lines.po_line_id = lead_times.po_line_id

)

select * from numbered
