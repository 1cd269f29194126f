{#-
    The order rule on today's stock and levels, under each scenario. Its text is what
    the replay runs too: see int_order_rules.
-#}

with

requirements as (

    select * from {{ ref('int_replenishment_requirements') }}

),

simulated as (

    select * from {{ ref('int_lead_time_demand_simulated') }}

),

decisions as (

    select
        requirements.*,
        simulated.lead_time_demand_units,
        simulated.reorder_point_units as simulated_reorder_point_units,
        simulated.lost_before_arrival_units as simulated_lost_units,
        0e0 as raised_z
    from requirements
    left join simulated
        on
            requirements.scenario = simulated.scenario
            and requirements.location_id = simulated.location_id
            and requirements.product_id = simulated.product_id

),

measured as (

    {{ textbook_levels('decisions') }}

),

ruled as (

    {{ order_rule('measured') }}

),

bounded as (

    -- A discount must pay at the rate of last year and at that of now.
    select
        *,
        order_up_to_units - served_units as need_units,
        least(annual_demand_units, demand_per_day_units * 365)
            as discount_demand_units
    from ruled

),

added as (

    select
        scenario,
        location_id,
        product_id,
        order_rule,
        target, -- noqa: RF04
        {%- for number in [
            'budget', 'unit_cost_multiplier', 'unit_cost', 'order_cost',
            'shortage_cost_per_unit', 'holding_cost_rate_per_year', 'pack_size_units',
            'min_order_units', 'shelf_life_days', 'shelf_life_stock_units',
            'inventory_position_units', 'demand_per_day_units', 'protection_days',
            'lost_before_arrival_units', 'reorder_point_units', 'safety_stock_units',
            'cycle_stock_units', 'order_up_to_units', 'textbook_safety_stock_units',
            'textbook_reorder_point_units', 'need_units', 'order_qty_units',
        ] %}
        cast({{ number }} as double) as {{ number }},
        {%- endfor %}
        cast(holding_cost_per_unit_period * review_periods as double)
            as overage_cost,
        cast(
            case when is_planned then lead_time_demand_units else 0 end as double
        ) as lead_time_demand_units,
        cast(case
            when wanted_units > 0 then wanted_units - need_units
            when wanted_units = 0 then 0
        end as double) as rounding_units,
        cast(case
            when wanted_units > 0 then 0 else wanted_units - need_units
        end as double) as not_needed_units,
        cast(order_qty_units - wanted_units as double) as shelf_life_units,
        cast(greatest(order_qty_units, least(
            coalesce(
                shelf_life_stock_units - inventory_position_units,
                discount_demand_units
            ),
            discount_demand_units
        )) as double) as max_order_units,
        cast(discount_demand_units as double) as annual_demand_units
    from bounded

)

select * from added
