{#- Levels and orders of each scenario, by the rules of int_order_needs. -#}

with

requirements as (

    select * from {{ ref('int_scenario_requirements') }}

),

simulated as (

    select * from {{ ref('int_scenario_demand_simulated') }}

),

needs as (

    select
        location_id,
        product_id,
        inventory_position_units,
        pack_size_units,
        min_order_units,
        shelf_life_days
    from {{ ref('int_order_needs') }}

),

positions as (

    select
        location_id,
        product_id,
        is_discontinued
    from {{ ref('int_stock_positions') }}

),

prices as (

    select
        location_id,
        product_id,
        unit_price
    from {{ ref('int_economic_order_quantities') }}

),

periods as (

    select period_days from {{ ref('int_forecast_settings') }}

),

simulated_levels as (

    select
        requirements.*,
        case
            when needs.inventory_position_units is not null
                then requirements.inventory_position_units
        end as position_units,
        needs.pack_size_units,
        needs.min_order_units,
        needs.shelf_life_days,
        prices.unit_price,
        requirements.lead_time_mean_periods * periods.period_days as lead_time_days,
        positions.is_discontinued,
        simulated.lead_time_demand_units,
        {{ whole_units('simulated.reorder_point_units', 'requirements.target') }}
            as whole_point_units,
        {{ whole_units(
            'simulated.reorder_point_units - simulated.lost_before_arrival_units',
            'requirements.target'
        ) }} as whole_needed_units,
        simulated.lead_time_demand_units / nullif(
            requirements.lead_time_mean_periods * periods.period_days
            + requirements.review_days,
            0
        ) as demand_per_day_units
    from requirements
    cross join periods
    inner join needs
        on
            requirements.location_id = needs.location_id
            and requirements.product_id = needs.product_id
    inner join prices
        on
            requirements.location_id = prices.location_id
            and requirements.product_id = prices.product_id
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

levelled as (

    -- What is discontinued is not planned: it protects no demand.
    select
        *,
        case when is_discontinued then 0 else whole_point_units end as point_units,
        case
            when is_discontinued then 0
            else whole_point_units + {{ cycle_stock_units(
                'economic_lot_units', 'demand_per_day_units', 'review_days'
            ) }}
        end as level_units,
        position_units + case
            when is_discontinued then 0 else whole_point_units - whole_needed_units
        end as served_units,
        least(annual_demand_units, demand_per_day_units * 365)
            as discount_demand_units
    from simulated_levels

),

kept as (

    select
        *,
        {{ shelf_life_stock_units(
            'demand_per_day_units',
            'lead_time_days',
            'shelf_life_days',
            'position_units',
            'served_units',
            'pack_size_units',
            'min_order_units',
            'unit_cost',
            'unit_price',
            'order_cost'
        ) }} as shelf_life_stock_units
    from levelled

),

proposed as (

    select
        *,
        {{ order_proposal_units(
            'served_units',
            'point_units',
            'level_units',
            'pack_size_units',
            'min_order_units',
            'shelf_life_stock_units'
        ) }} as proposed_units
    from kept

),

needed as (

    select
        scenario,
        location_id,
        product_id,
        budget,
        unit_cost_multiplier,
        unit_cost,
        order_cost,
        shortage_cost_per_unit,
        cast(holding_cost_per_unit_period * review_periods as double)
            as overage_cost,
        cast(holding_cost_rate_per_year as double) as holding_cost_rate_per_year,
        cast(pack_size_units as double) as pack_size_units,
        cast(min_order_units as double) as min_order_units,
        cast(
            case when is_discontinued then 0 else lead_time_demand_units end as double
        ) as lead_time_demand_units,
        cast(point_units as double) as reorder_point_units,
        cast(level_units as double) as order_up_to_units,
        cast(discount_demand_units as double) as annual_demand_units,
        cast(greatest(proposed_units, least(
            coalesce(
                shelf_life_stock_units - position_units, discount_demand_units
            ),
            discount_demand_units
        )) as double) as max_order_units,
        cast(proposed_units as double) as order_qty_units
    from proposed

)

select * from needed
