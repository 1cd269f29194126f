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
        {{ price_break_columns('order') }}
    from needs
    left join price_break_orders
        on
            needs.scenario = price_break_orders.scenario
            and needs.location_id = price_break_orders.location_id
            and needs.product_id = price_break_orders.product_id

)

select * from priced
