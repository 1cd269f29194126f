with

as_of as (

    select as_of_date from {{ ref('input_as_of') }}

),

purchase_lines as (

    select * from {{ ref('input_purchase_order_lines') }}
    where not is_cancelled

),

timed as (

    -- An open line is a lead time of at least its age: censored on the right.
    select
        purchase_lines.po_line_id,
        purchase_lines.vendor_id,
        purchase_lines.product_id,
        purchase_lines.location_id,
        purchase_lines.received_date is not null as is_received,
        cast({{ dbt.datediff(
            'purchase_lines.ordered_date',
            'coalesce(purchase_lines.received_date, as_of.as_of_date)',
            'day'
        ) }} as double) as duration_days
    from purchase_lines
    cross join as_of

)

select * from timed
