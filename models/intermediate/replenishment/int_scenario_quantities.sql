with

orders as (

    select * from {{ ref('int_scenario_orders') }}

),

bought as (

    select * from {{ ref('int_scenario_purchases_budgeted') }}

),

overrides as (

    select * from {{ ref('int_overrides_in_force') }}

),

decided as (

    -- A planner's quantity holds in every scenario.
    select
        orders.scenario,
        orders.location_id,
        orders.product_id,
        cast(coalesce(
            overrides.override_qty_units, bought.bought_units, orders.order_qty_units
        ) as double) as order_qty_units,
        cast(
            case
                when overrides.override_qty_units is not null then orders.unit_cost
                when bought.bought_units > 0
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
    left join overrides
        on
            orders.location_id = overrides.location_id
            and orders.product_id = overrides.product_id

)

select * from decided
