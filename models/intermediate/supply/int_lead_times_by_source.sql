with

survival as (

    select * from {{ ref('int_lead_time_survival') }}

),

moments as (

    select
        rung,
        vendor_id,
        product_id,
        sum(receipt_count) as receipt_line_count,
        sum(line_count - receipt_count) as open_line_count,
        {{ exact_sum('open_share * (duration_days - previous_duration_days)') }}
            as mean_days,
        {{ exact_sum('open_share * (
            duration_days * duration_days
            - previous_duration_days * previous_duration_days
        )') }} as mean_square_days
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
