with

orders as (

    select * from {{ ref('int_recommended_orders') }}

),

bought as (

    select * from {{ ref('int_scenario_purchases_budgeted') }}

),

decided as (

    -- A budget cuts what the rule proposes, not what a planner orders instead.
    select
        orders.scenario,
        orders.location_id,
        orders.product_id,
        cast(
            case
                when orders.override_qty_units is null
                    then coalesce(bought.bought_units, orders.order_qty_units)
                else orders.order_qty_units
            end as double
        ) as order_qty_units,
        cast(
            case
                when orders.override_qty_units is null and bought.bought_units > 0
                    then bought.bought_value / bought.bought_units
                else orders.order_unit_cost
            end as double
        ) as order_unit_cost
    from orders
    left join bought
        on
            orders.scenario = bought.scenario
            and orders.location_id = bought.location_id
            and orders.product_id = bought.product_id

)

select * from decided
