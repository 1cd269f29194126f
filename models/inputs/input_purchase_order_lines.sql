with

purchase_order_lines as (

    select * from {{ staged('purchase_order_lines') }}

),

as_of as (

    select known_until_date from {{ ref('input_as_of') }}

),

ordered as (

    select
        purchase_order_lines.*,
        coalesce(
            purchase_order_lines.received_date <= as_of.known_until_date, false
        ) as is_received

    from purchase_order_lines
    inner join as_of
        on purchase_order_lines.ordered_date <= as_of.known_until_date

    where not purchase_order_lines.is_rejected

),

known as (

    -- On the as-of date nobody knew of a later receipt: the line was open.
    select
        cast(line_number as varchar) as po_line_id,
        po_id,
        vendor_id,
        location_id,
        product_id,
        ordered_date,
        units,
        unit_cost,
        expected_date,
        case when is_received then received_date end as received_date,
        case when is_received then coalesce(received_units, units) end
            as received_units,
        coalesce(is_cancelled, false) as is_cancelled

    from ordered

)

select * from known
