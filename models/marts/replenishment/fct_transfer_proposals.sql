with

transfers as (

    select * from {{ ref('int_transfers_chosen') }}

),

stock as (

    select * from {{ ref('int_transfer_stock') }}

),

recommended_orders as (

    select
        location_id,
        product_id,
        order_unit_cost
    from {{ ref('int_recommended_orders') }}
    where scenario = 'base'

),

as_of as (

    select as_of_date from {{ ref('input_as_of') }}

),

valued as (

    select
        transfers.*,
        as_of.as_of_date,
        sender.on_hand_units as from_on_hand_units,
        sender.surplus_units as from_surplus_units,
        receiver.on_hand_units as to_on_hand_units,
        receiver.order_qty_units as to_order_qty_units,
        recommended_orders.order_unit_cost,
        least(transfers.transfer_units, receiver.order_qty_units)
            as replaced_order_units,
        transfers.shortage_saved_value + transfers.holding_saved_value
        + transfers.order_cost_saved - transfers.transfer_cost as net_saving_value,
        row_number() over (
            order by
                transfers.shortage_saved_value + transfers.holding_saved_value
                + transfers.order_cost_saved - transfers.transfer_cost desc,
                transfers.product_id asc,
                transfers.from_location_id asc,
                transfers.to_location_id asc
        ) as priority_rank
    from transfers
    cross join as_of
    inner join stock as sender
        on
            transfers.product_id = sender.product_id
            and transfers.from_location_id = sender.location_id
    inner join stock as receiver
        on
            transfers.product_id = receiver.product_id
            and transfers.to_location_id = receiver.location_id
    inner join recommended_orders
        on
            transfers.product_id = recommended_orders.product_id
            and transfers.to_location_id = recommended_orders.location_id

),

published as (

    select
        product_id,
        from_location_id,
        to_location_id,
        as_of_date,
        cast(priority_rank as integer) as priority_rank,
        cast(transfer_units as double) as transfer_units,
        cast(from_on_hand_units as double) as from_on_hand_units,
        cast(from_surplus_units as double) as from_surplus_units,
        cast(to_on_hand_units as double) as to_on_hand_units,
        cast(to_order_qty_units as double) as to_order_qty_units,
        cast(replaced_order_units as double) as replaced_order_units,
        cast(replaced_order_units * order_unit_cost as double)
            as replaced_order_value,
        cast(short_units_saved as double) as short_units_saved,
        cast(shortage_saved_value as double) as shortage_saved_value,
        cast(holding_saved_value as double) as holding_saved_value,
        cast(order_cost_saved as double) as order_cost_saved,
        cast(transfer_cost as double) as transfer_cost,
        cast(net_saving_value as double) as net_saving_value,
        'Move ' || {{ units_text('transfer_units') }} || ' of '
        || {{ units_text('from_surplus_units') }} || ' surplus units: '
        || {{ units_text('short_units_saved') }}
        || ' would be sold that are else lost before what is bought arrives ('
        || {{ money_text('shortage_saved_value') }} || '), holding saves '
        || {{ money_text('holding_saved_value') }} || ', ordering '
        || {{ money_text('order_cost_saved') }} || '; moving costs '
        || {{ money_text('transfer_cost') }} || '.' as reason
    from valued

)

select * from published
