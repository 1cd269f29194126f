with

as_of as (

    select
        as_of_date,
        known_until_date as decided_date
    from {{ ref('input_as_of') }}

),

location_products as (

    select * from {{ ref('int_location_products') }}

),

movements as (

    select
        location_id,
        product_id,
        max_by(closing_units, movement_date) as on_hand_units
    from {{ ref('int_stock_movements') }}
    group by location_id, product_id

),

life_cycles as (

    select * from {{ ref('int_life_cycles') }}

),

open_lines as (

    select * from {{ ref('int_open_purchase_lines') }}
    where not is_dead

),

on_order as (

    select
        location_id,
        product_id,
        {{ exact_sum('open_units') }} as on_order_units,
        {{ exact_sum('case when is_in_time then open_units else 0 end') }}
            as on_order_in_time_units,
        {{ exact_sum('case when is_late then open_units else 0 end') }} as late_units,
        count(*) as open_line_count,
        min(expected_receipt_date) as next_receipt_date
    from open_lines
    group by location_id, product_id

),

positioned as (

    select
        location_products.location_id,
        location_products.product_id,
        as_of.as_of_date,
        as_of.decided_date,
        cast(movements.on_hand_units as double) as book_on_hand_units,
        -- A negative balance is a data error, not a backorder.
        cast(
            {{ at_least_zero('movements.on_hand_units') }} as double
        ) as on_hand_units,
        cast(coalesce(on_order.on_order_units, 0) as double) as on_order_units,
        cast(coalesce(on_order.on_order_in_time_units, 0) as double)
            as on_order_in_time_units,
        cast(coalesce(on_order.late_units, 0) as double) as late_units,
        cast(coalesce(on_order.open_line_count, 0) as integer) as open_line_count,
        on_order.next_receipt_date,
        cast(0 as double) as committed_units,
        cast({{ inventory_position_units(
            'movements.on_hand_units',
            'coalesce(on_order.on_order_in_time_units, 0)',
            '0'
        ) }} as double) as inventory_position_units,
        life_cycles.shelf_state,
        life_cycles.life_cycle_state,
        life_cycles.life_cycle_reason,
        coalesce(life_cycles.life_cycle_state = 'discontinued', false)
            as is_discontinued
    from location_products
    cross join as_of
    left join movements
        on
            location_products.location_id = movements.location_id
            and location_products.product_id = movements.product_id
    left join life_cycles
        on
            location_products.location_id = life_cycles.location_id
            and location_products.product_id = life_cycles.product_id
    left join on_order
        on
            location_products.location_id = on_order.location_id
            and location_products.product_id = on_order.product_id

)

select * from positioned
