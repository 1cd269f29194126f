with

vendors as (

    select * from {{ ref('dim_vendors') }}

),

receipts as (

    select
        vendor_id,
        count(*) as receipt_line_count,
        avg(lead_time_days) as lead_time_mean_days,
        stddev_samp(lead_time_days) as lead_time_sd_days,
        percentile_cont(0.5) within group (order by lead_time_days)
            as lead_time_p50_days,
        percentile_cont(0.9) within group (order by lead_time_days)
            as lead_time_p90_days
    from {{ ref('fct_purchase_order_lines') }}
    where received_date is not null and not is_cancelled
    group by vendor_id

),

order_lines as (

    -- Parts of a split receipt are one line: in full when all parts are there, on
    -- time when the last one is. Without a promise, nothing is late or on time.
    select
        lines.vendor_id,
        lines.po_id,
        lines.location_id,
        lines.product_id,
        sum(lines.ordered_units) as ordered_units,
        sum(coalesce(lines.received_units, 0)) as received_units,
        bool_or(lines.is_open) as is_open,
        max(lines.expected_date) as expected_date,
        max(lines.received_date) as completed_date,
        min(lines.received_date) as first_received_date,
        count(*) as part_count,
        sum(coalesce(lines.received_units, 0) * lines.unit_cost) as received_value,
        sum(coalesce(lines.received_units, 0) * products.list_cost)
            as standard_value,
        sum(case
            when products.list_cost is not null
                then
                    coalesce(lines.received_units, 0)
                    * (lines.unit_cost - products.list_cost)
        end) as price_variance_value,
        max({{ dbt.datediff(
            'lines.ordered_date', 'lines.received_date', 'day'
        ) }}) as completion_days
    from {{ ref('fct_purchase_order_lines') }} as lines
    inner join (
        select
            product_id,
            unit_cost as list_cost
        from {{ ref('dim_products') }}
    ) as products
        on lines.product_id = products.product_id
    where not lines.is_cancelled
    group by
        lines.vendor_id, lines.po_id, lines.location_id, lines.product_id

),

kept as (

    select
        vendor_id,
        count(*) filter (where not is_open) as closed_line_count,
        count(*) filter (where is_open) as open_line_count,
        count(*) filter (where part_count > 1) as split_line_count,
        count(*) filter (where not is_open and expected_date is not null)
            as promised_line_count,
        count(*) filter (
            where not is_open and completed_date <= expected_date
        ) as on_time_line_count,
        count(*) filter (where not is_open and received_units >= ordered_units)
            as in_full_line_count,
        count(*) filter (
            where not is_open
            and completed_date <= expected_date
            and received_units >= ordered_units
        ) as on_time_in_full_line_count,
        sum(least(received_units, ordered_units)) filter (where not is_open)
            as filled_units,
        sum(ordered_units) filter (where not is_open) as closed_ordered_units,
        sum(received_value) as received_value,
        sum(standard_value) as standard_value,
        sum(price_variance_value) as price_variance_value,
        avg(completion_days) filter (where not is_open) as completion_mean_days
    from order_lines
    group by vendor_id

),

late as (

    select
        vendor_id,
        count(*) filter (where is_late) as late_open_line_count
    from {{ ref('int_open_purchase_lines') }}
    group by vendor_id

),

invoiced as (

    select
        vendor_id,
        sum(amount) as invoiced_value,
        sum(freight) as freight_value
    from {{ ref('input_invoices') }}
    group by vendor_id

),

safety as (

    -- What the spread of lead times alone adds to the safety stock of a normal
    -- demand: z times the difference of the two deviations.
    select
        vendor_id,
        sum(
            unit_cost * greatest(service_factor, 0) * (
                sqrt(
                    lead_time_mean_days * demand_variance
                    + daily_demand * daily_demand
                    * lead_time_sd_days * lead_time_sd_days
                ) - sqrt(lead_time_mean_days * demand_variance)
            )
        ) as variability_stock_value
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
        cast(kept.completion_mean_days as double) as completion_mean_days,
        cast(vendors.stated_lead_time_days as double) as stated_lead_time_days,
        cast(coalesce(kept.closed_line_count, 0) as bigint) as closed_line_count,
        cast(coalesce(kept.open_line_count, 0) as bigint) as open_line_count,
        cast(coalesce(late.late_open_line_count, 0) as bigint)
            as late_open_line_count,
        cast(coalesce(kept.split_line_count, 0) as bigint) as split_line_count,
        cast(coalesce(kept.promised_line_count, 0) as bigint)
            as promised_line_count,
        cast(coalesce(kept.on_time_line_count, 0) as bigint)
            as on_time_line_count,
        cast(
            kept.on_time_line_count / cast(
                nullif(kept.promised_line_count, 0) as double
            ) as double
        ) as on_time_rate,
        cast(
            kept.in_full_line_count / cast(
                nullif(kept.closed_line_count, 0) as double
            ) as double
        ) as in_full_rate,
        cast(
            kept.on_time_in_full_line_count / cast(
                nullif(kept.promised_line_count, 0) as double
            ) as double
        ) as on_time_in_full_rate,
        cast(kept.filled_units as double) as filled_units,
        cast(kept.closed_ordered_units as double) as closed_ordered_units,
        cast(
            kept.filled_units / nullif(kept.closed_ordered_units, 0) as double
        ) as fill_rate,
        cast(kept.received_value as double) as received_value,
        cast(kept.price_variance_value as double) as price_variance_value,
        cast(
            kept.price_variance_value / nullif(kept.standard_value, 0) as double
        ) as price_variance_rate,
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
    left join late
        on vendors.vendor_id = late.vendor_id
    left join invoiced
        on vendors.vendor_id = invoiced.vendor_id
    left join safety
        on vendors.vendor_id = safety.vendor_id

)

select * from scored
