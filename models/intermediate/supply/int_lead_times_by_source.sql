{#- Product-limit estimate (Kaplan and Meier 1958), so that open lines count. -#}

with

observed as (

    select * from {{ ref('int_lead_times_observed') }}

),

grouped as (

    select
        'vendor_product' as rung,
        vendor_id,
        product_id,
        duration_days,
        is_received
    from observed

    union all

    select
        'vendor' as rung,
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

    -- The last receipt leaves nobody at risk: its factor is zero, not ln(0).
    select
        *,
        coalesce(exp(sum(ln(greatest(
            1 - receipt_count / cast(at_risk_count as double), 1e-300
        ))) over (
            partition by rung, vendor_id, product_id
            order by duration_days
            rows between unbounded preceding and 1 preceding
        )), 1) as open_share
    from at_risk

),

moments as (

    select
        rung,
        vendor_id,
        product_id,
        sum(receipt_count) as receipt_line_count,
        sum(line_count - receipt_count) as open_line_count,
        sum(open_share * (duration_days - previous_duration_days))
            as mean_days,
        sum(open_share * (
            duration_days * duration_days
            - previous_duration_days * previous_duration_days
        )) as mean_square_days
    from survival
    group by rung, vendor_id, product_id

),

estimated as (

    select
        rung,
        vendor_id,
        product_id,
        cast(receipt_line_count as integer) as receipt_line_count,
        cast(open_line_count as integer) as open_line_count,
        mean_days as lead_time_mean_days,
        case
            when receipt_line_count >= 2
                then sqrt(
                    greatest(mean_square_days - mean_days * mean_days, 0)
                    * receipt_line_count / (receipt_line_count - 1)
                )
        end as lead_time_sd_days
    from moments
    where receipt_line_count > 0

)

select * from estimated
