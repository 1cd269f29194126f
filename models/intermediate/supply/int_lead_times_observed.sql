with

as_of as (

    select known_until_date from {{ ref('input_as_of') }}

),

purchase_lines as (

    select * from {{ ref('input_purchase_order_lines') }}
    where
        (received_date is not null or open_units > 0)
        and not is_receipt_date_refused

),

typical as (

    select * from {{ ref('int_typical_lead_times') }}

),

timed as (

    -- An open line is a lead time of at least its age: censored on the right. Of a line
    -- received in part the receipt counts.
    select
        purchase_lines.po_line_id,
        purchase_lines.vendor_id,
        purchase_lines.product_id,
        purchase_lines.location_id,
        purchase_lines.received_date is not null as is_received,
        cast(greatest({{ dbt.datediff(
            'purchase_lines.ordered_date',
            'coalesce(purchase_lines.received_date, as_of.known_until_date)',
            'day'
        ) }}, 0) as double) as duration_days,
        typical.typical_days,
        typical.longest_days
    from purchase_lines
    cross join as_of
    left join typical
        on purchase_lines.vendor_id = typical.vendor_id

),

judged as (

    select
        *,
        coalesce(duration_days > longest_days, false) as is_excluded
    from timed

)

select * from judged
