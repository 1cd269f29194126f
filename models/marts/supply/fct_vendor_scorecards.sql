with

vendors as (

    select * from {{ ref('dim_vendors') }}

),

list_costs as (

    select
        product_id,
        unit_cost as list_cost
    from {{ ref('dim_products') }}

),

parts as (

    select
        receipt_lines.*,
        list_costs.list_cost
    from {{ ref('fct_purchase_order_lines') }} as receipt_lines
    inner join list_costs
        on receipt_lines.product_id = list_costs.product_id
    -- What is dead was never delivered, if it was an order at all.
    where
        not receipt_lines.is_cancelled
        and not (receipt_lines.is_dead and receipt_lines.received_units is null)

),

receipts as (

    select
        vendor_id,
        count(*) as receipt_line_count,
        {{ lead_time_mean_days('lead_time_days') }} as lead_time_mean_days,
        {{ lead_time_sd_days('lead_time_days') }} as lead_time_sd_days,
        {{ lead_time_quantile_days('lead_time_days', '0.5') }}
            as lead_time_p50_days,
        {{ lead_time_quantile_days('lead_time_days', '0.9') }}
            as lead_time_p90_days,
        {{ exact_sum('received_units * unit_cost') }} as received_value,
        {{ price_variance('received_units', 'list_cost', 'unit_cost') }}
            as price_variance_value,
        {{ price_variance_rate('received_units', 'list_cost', 'unit_cost') }}
            as price_variance_rate
    from parts
    where received_date is not null
    group by vendor_id

),

order_lines as (

    -- Parts of a split receipt are one line: in full when all parts are there, on
    -- time when the last one is.
    select
        vendor_id,
        po_id,
        location_id,
        product_id,
        {{ exact_sum('ordered_units') }} as ordered_units,
        {{ exact_sum('coalesce(received_units, 0)') }} as received_units,
        bool_or(is_open and not is_dead) as is_open,
        max(expected_date) as expected_date,
        max(received_date) as completed_date,
        count(*) as part_count,
        max(lead_time_days) as completion_days
    from parts
    group by vendor_id, po_id, location_id, product_id

),

kept as (

    select
        vendor_id,
        count(*) filter (where is_open) as open_line_count,
        count(*) filter (where part_count > 1) as split_line_count
    from order_lines
    group by vendor_id

),

closed as (

    select
        vendor_id,
        count(*) as closed_line_count,
        {{ exact_mean('completion_days') }} as completion_mean_days,
        {{ exact_sum('least(received_units, ordered_units)') }} as filled_units,
        {{ exact_sum('ordered_units') }} as closed_ordered_units,
        {{ in_full_rate('ordered_units', 'received_units') }} as in_full_rate,
        {{ receipt_fill_rate('ordered_units', 'received_units') }} as fill_rate
    from order_lines
    where not is_open
    group by vendor_id

),

promised as (

    -- Without a promise, or the date of a receipt, nothing is late or on time.
    select
        vendor_id,
        count(*) as promised_line_count,
        count(*) filter (where completed_date <= expected_date)
            as on_time_line_count,
        {{ on_time_rate('expected_date', 'completed_date') }} as on_time_rate,
        {{ otif_rate(
            'ordered_units', 'received_units', 'expected_date', 'completed_date'
        ) }} as on_time_in_full_rate
    from order_lines
    where
        not is_open
        and expected_date is not null
        and completed_date is not null
    group by vendor_id

),

late as (

    select
        vendor_id,
        count(*) filter (where is_late) as late_open_line_count
    from {{ ref('int_open_purchase_lines') }}
    where not is_dead
    group by vendor_id

),

invoiced as (

    select
        vendor_id,
        {{ exact_sum('amount') }} as invoiced_value,
        {{ exact_sum('freight') }} as freight_value
    from {{ ref('input_invoices') }}
    group by vendor_id

),

safety as (

    -- What the spread of lead times alone adds to the safety stock of a normal
    -- demand.
    select
        vendor_id,
        {{ exact_sum(
            'unit_cost * ' ~ at_least_zero('service_factor') ~ ' * ('
            ~ sigma_lead_time_demand_units(
                'daily_demand',
                'sqrt(demand_variance)',
                'lead_time_mean_days',
                'lead_time_sd_days'
            )
            ~ ' - '
            ~ sigma_lead_time_demand_units(
                'daily_demand', 'sqrt(demand_variance)', 'lead_time_mean_days'
            )
            ~ ')'
        ) }} as variability_stock_value
    from {{ ref('int_lead_time_variability') }}
    group by vendor_id

),

scored as (

    select
        vendors.vendor_id,
        vendors.vendor_name,
        cast(coalesce(receipts.receipt_line_count, 0) as bigint)
            as n_receipt_lines,
        cast(receipts.lead_time_mean_days as double) as lead_time_mean_days,
        cast(receipts.lead_time_sd_days as double) as lead_time_sd_days,
        cast(receipts.lead_time_p50_days as double) as lead_time_p50_days,
        cast(receipts.lead_time_p90_days as double) as lead_time_p90_days,
        cast(closed.completion_mean_days as double) as completion_mean_days,
        cast(vendors.stated_lead_time_days as double) as stated_lead_time_days,
        cast(coalesce(closed.closed_line_count, 0) as bigint) as closed_line_count,
        cast(coalesce(kept.open_line_count, 0) as bigint) as open_line_count,
        cast(coalesce(late.late_open_line_count, 0) as bigint)
            as late_open_line_count,
        cast(coalesce(kept.split_line_count, 0) as bigint) as split_line_count,
        cast(coalesce(promised.promised_line_count, 0) as bigint)
            as promised_line_count,
        cast(coalesce(promised.on_time_line_count, 0) as bigint)
            as on_time_line_count,
        cast(promised.on_time_rate as double) as on_time_rate,
        cast(closed.in_full_rate as double) as in_full_rate,
        cast(promised.on_time_in_full_rate as double) as on_time_in_full_rate,
        cast(closed.filled_units as double) as filled_units,
        cast(closed.closed_ordered_units as double) as closed_ordered_units,
        cast(closed.fill_rate as double) as fill_rate,
        cast(receipts.received_value as double) as received_value,
        cast(receipts.price_variance_value as double) as price_variance_value,
        cast(receipts.price_variance_rate as double) as price_variance_rate,
        cast(invoiced.invoiced_value as double) as invoiced_value,
        cast(invoiced.freight_value as double) as freight_value,
        cast(
            invoiced.freight_value / nullif(invoiced.invoiced_value, 0) as double
        ) as freight_rate,
        cast(coalesce(safety.variability_stock_value, 0) as double)
            as variability_safety_stock_value
    from vendors
    left join receipts
        on vendors.vendor_id = receipts.vendor_id
    left join kept
        on vendors.vendor_id = kept.vendor_id
    left join closed
        on vendors.vendor_id = closed.vendor_id
    left join promised
        on vendors.vendor_id = promised.vendor_id
    left join late
        on vendors.vendor_id = late.vendor_id
    left join invoiced
        on vendors.vendor_id = invoiced.vendor_id
    left join safety
        on vendors.vendor_id = safety.vendor_id

)

select * from scored
