with

needs as (

    select * from {{ ref('int_scenario_needs') }}

),

price_break_orders as (

    select * from {{ ref('int_scenario_price_break_orders') }}

),

priced as (

    select
        needs.scenario,
        needs.location_id,
        needs.product_id,
        needs.budget,
        needs.unit_cost_multiplier,
        needs.unit_cost,
        needs.order_cost,
        needs.overage_cost,
        needs.shortage_cost_per_unit,
        needs.pack_size_units,
        needs.min_order_units,
        needs.lead_time_demand_units,
        needs.reorder_point_units,
        needs.order_up_to_units,
        coalesce(price_break_orders.order_qty_units, needs.order_qty_units)
            as order_qty_units,
        coalesce(
            price_break_orders.order_value / price_break_orders.order_qty_units,
            needs.unit_cost
        ) as order_unit_cost,
        coalesce(
            price_break_orders.order_value, needs.order_qty_units * needs.unit_cost
        ) as order_value,
        coalesce(
            price_break_orders.order_qty_units - needs.order_qty_units, 0
        ) as price_break_units,
        coalesce(
            price_break_orders.annual_saving_value
            * price_break_orders.order_qty_units
            / nullif(needs.annual_demand_units, 0),
            0
        ) as price_break_saving_value
    from needs
    left join price_break_orders
        on
            needs.scenario = price_break_orders.scenario
            and needs.location_id = price_break_orders.location_id
            and needs.product_id = price_break_orders.product_id

)

select * from priced
