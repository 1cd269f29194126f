{#- Medians: no single line, forgotten or mistyped, can move them. -#}

with

vendors as (

    select
        vendor_id,
        lead_time_days
    from {{ ref('input_vendors') }}

),

receipts as (

    select
        vendor_id,
        count(*) as receipt_line_count,
        {{ lead_time_quantile_days(
            dbt.datediff('ordered_date', 'received_date', 'day'), '0.5'
        ) }} as median_days
    from {{ ref('input_purchase_order_lines') }}
    where received_date is not null
    group by vendor_id

),

usual as (

    -- A few receipts may be the quick ones: then what the vendor states holds too.
    select
        vendors.vendor_id,
        cast(coalesce(receipts.receipt_line_count, 0) as integer)
            as receipt_line_count,
        cast(case
            when receipts.receipt_line_count >= {{ var('lead_time_min_lines') }}
                then receipts.median_days
            else greatest(
                coalesce(
                    vendors.lead_time_days, {{ var('default_lead_time_days') }}
                ),
                coalesce(receipts.median_days, 0)
            )
        end as double) as typical_days
    from vendors
    left join receipts
        on vendors.vendor_id = receipts.vendor_id

),

limited as (

    select
        *,
        cast(greatest(
            {{ var('dead_line_lead_time_multiple') }} * typical_days,
            {{ var('dead_line_min_days') }}
        ) as double) as longest_days
    from usual

)

select * from limited
