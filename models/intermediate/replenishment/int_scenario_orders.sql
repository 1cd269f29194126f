{#- Levels and orders of each scenario, by the rules of the plan. -#}

with

requirements as (

    select * from {{ ref('int_scenario_requirements') }}

),

simulated as (

    select * from {{ ref('int_scenario_demand_simulated') }}

),

orders as (

    select
        location_id,
        product_id,
        inventory_position_units,
        pack_size_units,
        min_order_units,
        shelf_life_days
    from {{ ref('int_recommended_orders') }}

),

positions as (

    select
        location_id,
        product_id,
        is_discontinued
    from {{ ref('int_stock_positions') }}

),

periods as (

    select period_days from {{ ref('int_forecast_settings') }}

),

levelled as (

    select
        requirements.scenario,
        requirements.location_id,
        requirements.product_id,
        requirements.budget,
        requirements.unit_cost,
        requirements.order_cost,
        requirements.shortage_cost_per_unit,
        requirements.holding_cost_per_unit_period * requirements.review_periods
            as overage_cost,
        requirements.economic_lot_units,
        requirements.review_days,
        orders.inventory_position_units,
        orders.pack_size_units,
        orders.min_order_units,
        orders.shelf_life_days,
        requirements.lead_time_mean_periods * periods.period_days as lead_time_days,
        case when positions.is_discontinued then 0 else 1 end as planned_share,
        simulated.lead_time_demand_units,
        {{ whole_reorder_point_units('simulated.reorder_point_units') }}
            as reorder_point_units,
        simulated.lead_time_demand_units / nullif(
            requirements.lead_time_mean_periods * periods.period_days
            + requirements.review_days,
            0
        ) as demand_per_day_units
    from requirements
    cross join periods
    inner join orders
        on
            requirements.location_id = orders.location_id
            and requirements.product_id = orders.product_id
    inner join positions
        on
            requirements.location_id = positions.location_id
            and requirements.product_id = positions.product_id
    left join simulated
        on
            requirements.scenario = simulated.scenario
            and requirements.location_id = simulated.location_id
            and requirements.product_id = simulated.product_id

),

lotted as (

    -- What is discontinued is not planned: it protects no demand.
    select
        *,
        case when planned_share = 0 then 0 else reorder_point_units end
            as point_units,
        case when planned_share = 0 then 0 else
            reorder_point_units + {{ cycle_stock_units(
                'economic_lot_units', 'demand_per_day_units', 'review_days'
            ) }}
        end as level_units,
        demand_per_day_units * (lead_time_days + shelf_life_days)
            as shelf_life_stock_units
    from levelled

),

proposed as (

    select
        *,
        {{ order_proposal_units(
            'inventory_position_units',
            'point_units',
            'level_units',
            'pack_size_units',
            'min_order_units',
            'shelf_life_stock_units'
        ) }} as proposed_units
    from lotted

),

ordered as (

    select
        scenario,
        location_id,
        product_id,
        cast(budget as double) as budget,
        cast(unit_cost as double) as unit_cost,
        cast(coalesce(order_cost, 0) as double) as order_cost,
        cast(overage_cost as double) as overage_cost,
        cast(shortage_cost_per_unit as double) as shortage_cost_per_unit,
        cast(pack_size_units as double) as pack_size_units,
        cast(min_order_units as double) as min_order_units,
        cast(
            case when planned_share = 0 then 0 else lead_time_demand_units end as double
        ) as lead_time_demand_units,
        cast(point_units as double) as reorder_point_units,
        cast(level_units as double) as order_up_to_units,
        cast(proposed_units as double) as order_qty_units,
        cast(proposed_units * unit_cost as double) as order_value
    from proposed

)

select * from ordered
