with

vendors as (

    select
        vendor_id,
        order_cost
    from {{ ref('input_vendors') }}

),

purchase_lines as (

    select * from {{ ref('input_purchase_order_lines') }}
    where not is_cancelled

),

invoices as (

    select
        po_id,
        vendor_id,
        {{ exact_sum('amount') }} as amount,
        {{ exact_sum('freight') }} as freight
    from {{ ref('input_invoices') }}
    group by po_id, vendor_id

),

po_lines as (

    -- Parts of a split receipt are one line of the order.
    select
        po_id,
        vendor_id,
        location_id,
        product_id,
        {{ exact_sum('units * unit_cost') }} as line_value
    from purchase_lines
    group by po_id, vendor_id, location_id, product_id

),

freighted as (

    -- An invoice's freight falls on its lines by value.
    select
        po_lines.*,
        invoices.freight * po_lines.line_value
        / nullif(invoices.amount, 0) as line_freight
    from po_lines
    left join invoices
        on
            po_lines.po_id = invoices.po_id
            and po_lines.vendor_id = invoices.vendor_id

),

by_vendor as (

    select
        vendor_id,
        count(*) as line_count,
        count(distinct po_id) as po_count,
        {{ exact_mean('line_freight') }} as freight_cost_per_line
    from freighted
    group by vendor_id

),

allocated as (

    select
        vendors.vendor_id,
        cast(coalesce(by_vendor.po_count, 0) as integer) as po_count,
        cast(
            by_vendor.line_count / cast(by_vendor.po_count as double) as double
        ) as lines_per_po,
        cast(
            vendors.order_cost
            / coalesce(by_vendor.line_count / cast(by_vendor.po_count as double), 1)
            as double
        ) as stated_cost_per_line,
        cast(
            coalesce(by_vendor.freight_cost_per_line, 0) as double
        ) as freight_cost_per_line
    from vendors
    left join by_vendor
        on vendors.vendor_id = by_vendor.vendor_id

)

select * from allocated
