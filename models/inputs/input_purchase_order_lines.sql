{#-
    A row of the file is one receipt of an order line, or what is still to come of it. A
    line whose rows repeat its ordered units is taken apart here, so that `units` below
    is always the row's own share of the line.
-#}
{%- set most_share = 1 + var('repeated_line_excess_share') -%}

with

purchase_order_lines as (

    select * from {{ staged('purchase_order_lines') }}

),

as_of as (

    select known_until_date from {{ ref('input_as_of') }}

),

ordered as (

    -- On the as-of date nobody knew of a later receipt: the line was open. Units whose
    -- receipt has no date have come all the same.
    select
        purchase_order_lines.line_number,
        purchase_order_lines.po_id,
        purchase_order_lines.vendor_id,
        purchase_order_lines.location_id,
        purchase_order_lines.product_id,
        purchase_order_lines.ordered_date,
        purchase_order_lines.units,
        purchase_order_lines.unit_cost,
        purchase_order_lines.expected_date,
        case
            when purchase_order_lines.received_date <= as_of.known_until_date
                then purchase_order_lines.received_date
        end as received_date,
        case
            when purchase_order_lines.received_date <= as_of.known_until_date
                then coalesce(
                    purchase_order_lines.received_units, purchase_order_lines.units
                )
            when purchase_order_lines.received_date is null
                then nullif(purchase_order_lines.received_units, 0)
        end as received_units,
        coalesce(purchase_order_lines.is_cancelled, false) as is_closed

    from purchase_order_lines
    inner join as_of
        on purchase_order_lines.ordered_date <= as_of.known_until_date

    where not purchase_order_lines.is_rejected

),

compared as (

    select
        *,
        count(*) over order_line as row_count,
        min(units) over order_line as least_units,
        max(units) over order_line as most_units,
        {{ exact_sum(
            'coalesce(received_units, 0)',
            over='order_line'
        ) }} as line_received_units,
        min(received_units) over order_line as least_received_units,
        max(case when is_closed then 1 else 0 end) over order_line = 1
            as is_line_closed
    from ordered
    window
        order_line as (
            partition by po_id, vendor_id, location_id, product_id, ordered_date
        )

),

read_as as (

    -- The same units on every row, a receipt below them, and no more received than one
    -- line can explain: the rows repeat what was ordered in all.
    select
        *,
        coalesce(
            row_count > 1
            and least_units = most_units
            and least_received_units < units
            and line_received_units <= {{ most_share }} * units,
            false
        ) as is_repeated
    from compared

),

numbered as (

    select
        *,
        row_number() over receipts_of_line as receipt_number,
        {{ exact_sum('coalesce(received_units, 0)', over='receipts_of_line') }}
        - coalesce(received_units, 0) as received_before_units
    from read_as
    window
        receipts_of_line as (
            partition by po_id, vendor_id, location_id, product_id, ordered_date
            order by
                case when received_units is null then 1 else 0 end,
                received_date nulls last,
                line_number
            rows between unbounded preceding and current row
        )

),

shared as (

    -- A part was ordered for what it brought, the last one for the rest.
    select
        line_number,
        po_id,
        vendor_id,
        location_id,
        product_id,
        ordered_date,
        unit_cost,
        expected_date,
        received_date,
        received_units,
        receipt_number,
        case
            when not is_repeated then units
            when receipt_number = row_count
                then greatest(units - received_before_units, 0)
            else coalesce(received_units, 0)
        end as units,
        case when is_repeated then is_line_closed else is_closed end as is_closed
    from numbered
    -- Of a repeated line that is not all there the rest is one row.
    where
        not is_repeated or received_units is not null or receipt_number = row_count

),

missing as (

    select
        *,
        case
            when is_closed then 0
            else greatest(units - coalesce(received_units, 0), 0)
        end as missing_units,
        case when is_closed then 0 else units - coalesce(received_units, 0) end
            as balance_units
    from shared

),

balanced as (

    -- What came above one part's units makes up for another's.
    select
        *,
        {{ exact_sum(
            'balance_units',
            over='(
                partition by po_id, vendor_id, location_id, product_id, ordered_date
            )'
        ) }} as line_balance_units,
        {{ exact_sum(
            'missing_units',
            over='(
                partition by po_id, vendor_id, location_id, product_id, ordered_date
                order by receipt_number desc
                rows between unbounded preceding and current row
            )'
        ) }} - missing_units as missing_after_units
    from missing

),

known as (

    select
        cast(line_number as varchar) as po_line_id,
        po_id,
        vendor_id,
        location_id,
        product_id,
        ordered_date,
        cast(units as double) as units,
        unit_cost,
        expected_date,
        received_date,
        cast(received_units as double) as received_units,
        cast(greatest(
            least(missing_units, line_balance_units - missing_after_units), 0
        ) as double) as open_units,
        is_closed and received_units is null as is_cancelled

    from balanced

)

select * from known
