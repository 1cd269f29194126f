{#-
    Product-limit estimate (Kaplan and Meier 1958), so that open lines count. The rung
    vendor_unfiltered is what it would be with every line at its full age.
-#}

with

observed as (

    select * from {{ ref('int_lead_times_observed') }}

),

sources as (

    select
        'vendor_product' as rung,
        vendor_id,
        product_id,
        duration_days,
        is_received,
        typical_days
    from observed
    where not is_excluded

    union all

    select
        'vendor' as rung,
        vendor_id,
        cast(null as varchar) as product_id,
        duration_days,
        is_received,
        typical_days
    from observed
    where not is_excluded

),

longest as (

    select
        *,
        max(case when is_received then duration_days end) over (
            partition by rung, vendor_id, product_id
        ) as longest_receipt_days
    from sources

),

grouped as (

    -- That a line is older than any receipt ever was says little about the others.
    select
        rung,
        vendor_id,
        product_id,
        case
            when is_received then duration_days
            else least(duration_days, greatest(
                coalesce(longest_receipt_days, 0),
                {{ var('open_line_age_multiple') }} * coalesce(typical_days, 0)
            ))
        end as duration_days,
        is_received
    from longest

    union all

    select
        'vendor_unfiltered' as rung,
        vendor_id,
        cast(null as varchar) as product_id,
        duration_days,
        is_received
    from observed

),

steps as (

    select
        rung,
        vendor_id,
        product_id,
        duration_days,
        count(*) as line_count,
        count(*) filter (where is_received) as receipt_count
    from grouped
    group by rung, vendor_id, product_id, duration_days

),

at_risk as (

    select
        *,
        sum(line_count) over (
            partition by rung, vendor_id, product_id
            order by duration_days desc
            rows between unbounded preceding and current row
        ) as at_risk_count,
        lag(duration_days, 1, 0) over (
            partition by rung, vendor_id, product_id
            order by duration_days
        ) as previous_duration_days
    from steps

),

survival as (

    -- The last receipt leaves nobody at risk: its factor is zero, not ln(0). What the
    -- logarithms leave beyond their twelfth digit is rounded off.
    select
        *,
        coalesce(round(exp({{ exact_sum(
            'ln(greatest(
                1 - receipt_count / cast(at_risk_count as double), 1e-300
            ))',
            over='(
                partition by rung, vendor_id, product_id
                order by duration_days
                rows between unbounded preceding and 1 preceding
            )'
        ) }}), 12), 1) as open_share
    from at_risk

),

received as (

    select
        rung,
        vendor_id,
        product_id,
        cast(duration_days as double) as duration_days,
        cast(previous_duration_days as double) as previous_duration_days,
        cast(line_count as integer) as line_count,
        cast(receipt_count as integer) as receipt_count,
        cast(open_share as double) as open_share,
        cast(open_share * receipt_count / at_risk_count as double)
            as received_share
    from survival

)

select * from received
