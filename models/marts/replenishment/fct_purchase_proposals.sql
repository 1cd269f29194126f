with

recommendations as (

    select * from {{ ref('fct_reorder_recommendations') }}
    where order_qty_units > 0

),

vendors as (

    select * from {{ ref('dim_vendors') }}

),

scorecards as (

    select
        vendor_id,
        freight_rate
    from {{ ref('fct_vendor_scorecards') }}

),

summed as (

    select
        coalesce(vendor_id, 'unknown') as vendor_id,
        location_id,
        min(as_of_date) as as_of_date,
        count(*) as line_count,
        sum(order_qty_units) as order_units,
        -- One line without a cost leaves the order's value unknown.
        case when count(*) = count(order_value) then sum(order_value) end
            as order_value,
        count(*) filter (where stockout_probability >= 0.5) as urgent_line_count,
        sum(expected_lost_margin) as expected_lost_margin
    from recommendations
    group by coalesce(vendor_id, 'unknown'), location_id

),

judged as (

    select
        summed.*,
        vendors.vendor_name,
        coalesce(vendors.min_order_value, 0) as vendor_min_order_value,
        {{ at_least_zero(
            '(coalesce(vendors.min_order_value, 0) - summed.order_value)'
        ) }}
            as missing_to_minimum_value,
        summed.order_value * coalesce(scorecards.freight_rate, 0)
            as freight_estimate
    from summed
    left join vendors
        on summed.vendor_id = vendors.vendor_id
    left join scorecards
        on summed.vendor_id = scorecards.vendor_id

),

decided as (

    select
        vendor_id,
        location_id,
        as_of_date,
        vendor_name,
        cast(line_count as integer) as line_count,
        cast(order_units as double) as order_units,
        cast(order_value as double) as order_value,
        cast(vendor_min_order_value as double) as vendor_min_order_value,
        cast(missing_to_minimum_value as double) as missing_to_minimum_value,
        cast(freight_estimate as double) as freight_estimate,
        cast(expected_lost_margin as double) as expected_lost_margin,
        cast(urgent_line_count as integer) as urgent_line_count,
        coalesce(missing_to_minimum_value > 0, false) as is_held,
        case
            when order_value is null
                then 'A line has no unit cost: price it before the order is sent.'
            when missing_to_minimum_value <= 0
                then
                    'Release: '
                    || cast(line_count as varchar) || ' lines.'
            else 'Held: ' || cast(
                cast(missing_to_minimum_value as decimal(18, 2)) as varchar
            ) || ' short of the vendor''s minimum; waiting risks '
            || cast(
                cast(coalesce(expected_lost_margin, 0) as decimal(18, 2))
                as varchar
            ) || ' of margin, '
            || cast(urgent_line_count as varchar) || ' lines more likely to run '
            || 'out than not.'
        end as reason
    from judged

)

select * from decided
