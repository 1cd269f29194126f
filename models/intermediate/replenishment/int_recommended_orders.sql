with

needs as (

    select * from {{ ref('int_order_needs') }}

),

price_break_orders as (

    select * from {{ ref('int_price_break_orders') }}

),

overrides as (

    select * from {{ ref('int_overrides_in_force') }}

),

positions as (

    select
        location_id,
        product_id,
        on_hand_units,
        on_order_in_time_units,
        committed_units
    from {{ ref('int_stock_positions') }}

),

priced as (

    select
        needs.scenario,
        needs.location_id,
        needs.product_id,
        needs.order_rule,
        needs.budget,
        needs.unit_cost_multiplier,
        needs.inventory_position_units,
        needs.lead_time_demand_units,
        needs.safety_stock_units,
        needs.reorder_point_units,
        needs.cycle_stock_units,
        needs.order_up_to_units,
        needs.lost_before_arrival_units,
        needs.demand_per_day_units,
        needs.protection_days,
        needs.shelf_life_days,
        needs.shelf_life_stock_units,
        needs.unit_cost,
        needs.order_cost,
        needs.overage_cost,
        needs.shortage_cost_per_unit,
        needs.pack_size_units,
        needs.min_order_units,
        needs.need_units,
        needs.rounding_units,
        needs.not_needed_units,
        needs.shelf_life_units,
        coalesce(
            price_break_orders.order_qty_units - needs.order_qty_units, 0
        ) as price_break_units,
        coalesce(price_break_orders.order_qty_units, needs.order_qty_units)
            as proposed_qty_units,
        coalesce(
            price_break_orders.order_value / price_break_orders.order_qty_units,
            needs.unit_cost
        ) as proposed_unit_cost,
        coalesce(
            price_break_orders.order_value, needs.order_qty_units * needs.unit_cost
        ) as proposed_value,
        price_break_orders.annual_saving_value as price_break_annual_saving_value,
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

),

overridden as (

    -- What a planner orders instead is bought at the list price, in every scenario.
    -- Over an unknown proposal its addend makes up for the addends that are unknown.
    select
        priced.*,
        overrides.override_qty_units,
        overrides.override_reason,
        overrides.planner,
        coalesce(overrides.override_qty_units, priced.proposed_qty_units)
            as order_qty_units,
        case
            when overrides.override_qty_units is null then 0e0
            else overrides.override_qty_units - coalesce(
                priced.proposed_qty_units,
                coalesce(priced.lead_time_demand_units, 0)
                + coalesce(priced.safety_stock_units, 0)
                + coalesce(priced.cycle_stock_units, 0)
                - coalesce(positions.on_hand_units, 0)
                - positions.on_order_in_time_units
                + positions.committed_units
                - coalesce(priced.lost_before_arrival_units, 0)
            )
        end as override_units,
        case
            when overrides.override_qty_units is null then priced.proposed_unit_cost
            else priced.unit_cost
        end as order_unit_cost,
        case
            when overrides.override_qty_units is null then priced.proposed_value
            else overrides.override_qty_units * priced.unit_cost
        end as order_value
    from priced
    inner join positions
        on
            priced.location_id = positions.location_id
            and priced.product_id = positions.product_id
    left join overrides
        on
            priced.location_id = overrides.location_id
            and priced.product_id = overrides.product_id

)

select * from overridden
