with

as_of as (

    select as_of_date from {{ ref('input_as_of') }}

),

purchase_lines as (

    select * from {{ ref('input_purchase_order_lines') }}
    where received_date is null and not is_cancelled

),

lead_times as (

    select * from {{ ref('int_lead_times') }}

),

expected as (

    select
        purchase_lines.po_line_id,
        purchase_lines.po_id,
        purchase_lines.vendor_id,
        purchase_lines.location_id,
        purchase_lines.product_id,
        purchase_lines.ordered_date,
        purchase_lines.units as open_units,
        purchase_lines.unit_cost,
        as_of.as_of_date,
        coalesce(
            purchase_lines.expected_date,
            cast({{ dbt.dateadd(
                'day',
                'cast(ceil(coalesce(lead_times.lead_time_mean_days, '
                ~ var('default_lead_time_days') ~ ')) as integer)',
                'purchase_lines.ordered_date'
            ) }} as date)
        ) as promised_date
    from purchase_lines
    cross join as_of
    left join lead_times
        on
            purchase_lines.location_id = lead_times.location_id
            and purchase_lines.product_id = lead_times.product_id

),

dated as (

    -- What is overdue is expected tomorrow at the earliest, and is still on order.
    select
        *,
        promised_date <= as_of_date as is_late,
        cast(greatest(
            promised_date,
            cast({{ dbt.dateadd('day', 1, 'as_of_date') }} as date)
        ) as date) as expected_receipt_date
    from expected

)

select * from dated
