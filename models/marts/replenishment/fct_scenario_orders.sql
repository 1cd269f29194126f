with

orders as (

    select * from {{ ref('int_recommended_orders') }}

),

quantities as (

    select * from {{ ref('int_scenario_quantities') }}

),

outcomes as (

    select * from {{ ref('int_scenario_outcomes') }}

),

joined as (

    select
        orders.scenario,
        orders.location_id,
        orders.product_id,
        orders.lead_time_demand_units,
        orders.reorder_point_units,
        orders.order_up_to_units,
        quantities.order_qty_units,
        quantities.order_qty_units * quantities.order_unit_cost as order_value,
        base.order_qty_units as base_order_qty_units,
        outcomes.expected_demand_units,
        outcomes.expected_short_units,
        outcomes.expected_left_units,
        outcomes.expected_left_units * orders.overage_cost as holding_cost,
        outcomes.expected_short_units * orders.shortage_cost_per_unit
            as shortage_cost,
        case
            when quantities.order_qty_units > 0
                then
                    coalesce(orders.order_cost, 0)
                    * outcomes.expected_used_units
                    / nullif(quantities.order_qty_units, 0)
            when quantities.order_qty_units = 0 then 0
        end as ordering_cost
    from orders
    inner join quantities
        on
            orders.scenario = quantities.scenario
            and orders.location_id = quantities.location_id
            and orders.product_id = quantities.product_id
    left join quantities as base
        on
            base.scenario = 'base'
            and orders.location_id = base.location_id
            and orders.product_id = base.product_id
    left join outcomes
        on
            orders.scenario = outcomes.scenario
            and orders.location_id = outcomes.location_id
            and orders.product_id = outcomes.product_id

),

published as (

    select
        scenario,
        location_id,
        product_id,
        cast(lead_time_demand_units as double) as lead_time_demand_units,
        cast(reorder_point_units as double) as reorder_point_units,
        cast(order_up_to_units as double) as order_up_to_units,
        cast(order_qty_units as double) as order_qty_units,
        cast(order_value as double) as order_value,
        cast(order_qty_units - base_order_qty_units as double) as change_units,
        cast(expected_demand_units as double) as expected_demand_units,
        cast(expected_short_units as double) as expected_short_units,
        cast(expected_left_units as double) as expected_left_units,
        cast(holding_cost as double) as holding_cost,
        cast(shortage_cost as double) as shortage_cost,
        cast(ordering_cost as double) as ordering_cost,
        cast(holding_cost + shortage_cost + ordering_cost as double)
            as expected_cost
    from joined

)

select * from published
