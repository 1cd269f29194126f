with

recommended_orders as (

    select * from {{ ref('int_recommended_orders') }}
    where scenario = 'base'

),

positions as (

    select
        location_id,
        product_id,
        on_hand_units
    from {{ ref('int_stock_positions') }}

),

order_quantities as (

    select * from {{ ref('int_economic_order_quantities') }}

),

action_costs as (

    select
        cost_per_line,
        cost_per_unit
    from {{ ref('stock_action_costs') }}
    where action = 'transfer'

),

as_of as (

    select period_days from {{ ref('input_as_of') }}

),

spared as (

    -- What is above the level that an order would restore can be spared, as far as
    -- there is a reorder point's stock on the shelf: what is on order comes too late to
    -- be sent on.
    select
        recommended_orders.location_id,
        recommended_orders.product_id,
        cast(positions.on_hand_units as double) as on_hand_units,
        cast(case
            when
                recommended_orders.inventory_position_units is not null
                and recommended_orders.order_up_to_units is not null
                then floor(greatest(0, least(
                    positions.on_hand_units - recommended_orders.reorder_point_units,
                    recommended_orders.inventory_position_units
                    - recommended_orders.order_up_to_units
                )))
        end as double) as surplus_units,
        recommended_orders.order_qty_units,
        recommended_orders.demand_per_day_units,
        order_quantities.holding_cost_per_unit_year,
        order_quantities.shortage_cost_per_unit,
        order_quantities.order_cost,
        cast(
            (recommended_orders.protection_days - order_quantities.review_days)
            / as_of.period_days as double
        ) as order_receipt_periods,
        cast(
            {{ var('transfer_days') }} / cast(as_of.period_days as double) as double
        ) as transfer_periods,
        action_costs.cost_per_line,
        action_costs.cost_per_unit
    from recommended_orders
    cross join as_of
    cross join action_costs
    inner join positions
        on
            recommended_orders.location_id = positions.location_id
            and recommended_orders.product_id = positions.product_id
    inner join order_quantities
        on
            recommended_orders.location_id = order_quantities.location_id
            and recommended_orders.product_id = order_quantities.product_id

)

select * from spared
