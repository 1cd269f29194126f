with

as_of as (

    select
        as_of_date,
        known_until_date as decided_date,
        is_weekly_source
    from {{ ref('input_as_of') }}

),

purchase_lines as (

    select * from {{ ref('input_purchase_order_lines') }}
    where received_date is null and not is_cancelled

),

lead_times as (

    select * from {{ ref('int_lead_times') }}

),

based as (

    -- What a weekly source dates by the first day of a week was decided at its close.
    select
        purchase_lines.*,
        as_of.as_of_date,
        as_of.decided_date,
        case
            when
                as_of.is_weekly_source
                and purchase_lines.ordered_date
                = cast(date_trunc('week', purchase_lines.ordered_date) as date)
                then cast({{ dbt.dateadd(
                    'day', 6, 'purchase_lines.ordered_date'
                ) }} as date)
            else purchase_lines.ordered_date
        end as placed_date
    from purchase_lines
    cross join as_of

),

expected as (

    select
        based.po_line_id,
        based.po_id,
        based.vendor_id,
        based.location_id,
        based.product_id,
        based.ordered_date,
        based.units as open_units,
        based.unit_cost,
        based.as_of_date,
        based.decided_date,
        coalesce(
            based.expected_date,
            cast({{ dbt.dateadd(
                'day',
                'cast(ceil(coalesce(lead_times.lead_time_mean_days, '
                ~ var('default_lead_time_days') ~ ')) as integer)',
                'based.placed_date'
            ) }} as date)
        ) as promised_date
    from based
    left join lead_times
        on
            based.location_id = lead_times.location_id
            and based.product_id = lead_times.product_id

),

dated as (

    -- What is overdue is expected tomorrow at the earliest, and is still on order.
    select
        *,
        promised_date <= decided_date as is_late,
        cast(greatest(
            promised_date,
            cast({{ dbt.dateadd('day', 1, 'decided_date') }} as date)
        ) as date) as expected_receipt_date
    from expected

)

select * from dated
