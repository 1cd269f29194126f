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

    select period_days from {{ ref('input_as_of') }}

),

due as (

    -- A receipt counts into its day's closing: it sells from the day after.
    select
        open_lines.po_line_id,
        open_lines.location_id,
        open_lines.product_id,
        cast(open_lines.open_units as double) as open_units,
        cast(positions.on_hand_units as double) as on_hand_units,
        cast({{ dbt.datediff(
            'open_lines.as_of_date', 'open_lines.expected_receipt_date', 'day'
        ) }} as double) as receipt_days,
        cast({{ dbt.datediff(
            'open_lines.as_of_date', 'open_lines.expected_receipt_date', 'day'
        ) }} / cast(as_of.period_days as double) as double) as receipt_periods,
        cast(1 / cast(as_of.period_days as double) as double) as soonest_periods
    from open_lines
    cross join as_of
    inner join positions
        on
            open_lines.location_id = positions.location_id
            and open_lines.product_id = positions.product_id

)

select * from due
