with

open_lines as (

    select * from {{ ref('int_open_purchase_lines') }}
    where not is_dead

),

positions as (

    select
        location_id,
        product_id,
        on_hand_units
    from {{ ref('int_stock_positions') }}

),

periods as (

    select period_days from {{ ref('input_as_of') }}

),

due as (

    select
        open_lines.po_line_id,
        open_lines.location_id,
        open_lines.product_id,
        cast(open_lines.open_units as double) as open_units,
        cast(positions.on_hand_units as double) as on_hand_units,
        cast(open_lines.receipt_days as double) as receipt_days,
        cast(
            open_lines.receipt_days / cast(periods.period_days as double) as double
        ) as receipt_periods,
        cast(
            1 / cast(periods.period_days as double) as double
        ) as soonest_periods,
        open_lines.is_in_time
    from open_lines
    cross join periods
    inner join positions
        on
            open_lines.location_id = positions.location_id
            and open_lines.product_id = positions.product_id

)

select * from due
