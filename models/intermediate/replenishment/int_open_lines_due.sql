with

open_lines as (

    select * from {{ ref('int_open_purchase_lines') }}

),

positions as (

    select
        location_id,
        product_id,
        on_hand_units
    from {{ ref('int_stock_positions') }}

),

as_of as (

    select
        period_days,
        is_weekly_source
    from {{ ref('input_as_of') }}

),

counted as (

    -- A receipt counts into its day's closing: it sells from the day after. What a
    -- weekly source dates by the first day of a week sells in that week.
    select
        open_lines.*,
        as_of.period_days,
        {{ dbt.datediff(
            'open_lines.decided_date', 'open_lines.expected_receipt_date', 'day'
        ) }}
        - case
            when
                as_of.is_weekly_source
                and not open_lines.is_late
                and open_lines.expected_receipt_date
                = cast(date_trunc('week', open_lines.expected_receipt_date) as date)
                then 1
            else 0
        end as receipt_days
    from open_lines
    cross join as_of

),

due as (

    select
        counted.po_line_id,
        counted.location_id,
        counted.product_id,
        cast(counted.open_units as double) as open_units,
        cast(positions.on_hand_units as double) as on_hand_units,
        cast(counted.receipt_days as double) as receipt_days,
        cast(
            counted.receipt_days / cast(counted.period_days as double) as double
        ) as receipt_periods,
        cast(
            1 / cast(counted.period_days as double) as double
        ) as soonest_periods
    from counted
    inner join positions
        on
            counted.location_id = positions.location_id
            and counted.product_id = positions.product_id

)

select * from due
