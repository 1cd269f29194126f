with

as_of as (

    select * from {{ ref('input_as_of') }}

),

orders as (

    select * from {{ ref('int_recommended_orders') }}
    where scenario = 'base'

),

positions as (

    select * from {{ ref('int_stock_positions') }}

),

lead_times as (

    select * from {{ ref('int_lead_times') }}

),

order_quantities as (

    select * from {{ ref('int_economic_order_quantities') }}

),

policies as (

    select * from {{ ref('int_policies_resolved') }}

),

simulated as (

    select
        location_id,
        product_id,
        segment,
        demand_during_lead_time_units,
        lead_time_demand_sd_units,
        stockout_probability,
        expected_lost_margin,
        method
    from {{ ref('int_lead_time_demand_simulated') }}
    where scenario = 'base'

),

champions as (

    select distinct
        location_id,
        product_id,
        model
    from {{ ref('int_champion_forecasts') }}
    where fold_role = 'live'

),

bought as (

    select
        location_id,
        product_id,
        {{ exact_sum('case when is_within_budget then step_units else 0 end') }}
            as bought_units
    from {{ ref('int_purchase_list_ranked') }}
    group by location_id, product_id

),

joined as (

    select
        {{ run_id('as_of.as_of_date') }} as run_id,
        '{{ setting("source_system") }}' as source_system,
        '{{ setting("planning_period") }}' as planning_period,
        as_of.as_of_date,
        as_of.known_until_date,
        '{{ code_version() | replace("'", "''") }}' as code_version,
        orders.location_id,
        orders.product_id,
        order_quantities.vendor_id,
        champions.model,
        simulated.segment,
        simulated.method,
        positions.is_discontinued,
        positions.on_hand_units,
        positions.on_order_units,
        positions.on_order_in_time_units,
        positions.committed_units,
        orders.inventory_position_units,
        orders.demand_per_day_units,
        orders.lead_time_demand_units,
        simulated.demand_during_lead_time_units,
        simulated.lead_time_demand_sd_units,
        orders.safety_stock_units,
        orders.cycle_stock_units,
        orders.reorder_point_units,
        orders.order_up_to_units,
        orders.lost_before_arrival_units,
        lead_times.lead_time_mean_days,
        lead_times.lead_time_sd_days,
        lead_times.lead_time_rung,
        order_quantities.review_days,
        lead_times.lead_time_mean_days + order_quantities.review_days
            as protection_days,
        policies.target,
        policies.service_level,
        order_quantities.holding_cost_per_unit_year,
        order_quantities.shortage_cost_per_unit,
        order_quantities.order_cost,
        order_quantities.unit_cost,
        order_quantities.unit_price,
        order_quantities.pack_size_units,
        order_quantities.min_order_units,
        orders.shelf_life_stock_units,
        simulated.stockout_probability,
        simulated.expected_lost_margin,
        orders.price_break_units,
        orders.proposed_qty_units,
        -- What cannot be ranked is not cut, nor what a planner orders.
        case
            when orders.override_qty_units is not null then orders.proposed_qty_units
            else coalesce(bought.bought_units, orders.order_qty_units)
        end as budgeted_qty_units,
        orders.override_qty_units,
        orders.override_reason,
        orders.planner,
        coalesce(
            orders.override_qty_units, bought.bought_units, orders.order_qty_units
        ) as order_qty_units
    from orders
    cross join as_of
    inner join positions
        on
            orders.location_id = positions.location_id
            and orders.product_id = positions.product_id
    inner join lead_times
        on
            orders.location_id = lead_times.location_id
            and orders.product_id = lead_times.product_id
    inner join order_quantities
        on
            orders.location_id = order_quantities.location_id
            and orders.product_id = order_quantities.product_id
    inner join policies
        on
            orders.location_id = policies.location_id
            and orders.product_id = policies.product_id
    left join simulated
        on
            orders.location_id = simulated.location_id
            and orders.product_id = simulated.product_id
    left join champions
        on
            orders.location_id = champions.location_id
            and orders.product_id = champions.product_id
    left join bought
        on
            orders.location_id = bought.location_id
            and orders.product_id = bought.product_id

),

decided as (

    select
        cast(run_id as varchar) as run_id,
        cast(source_system as varchar) as source_system,
        cast(planning_period as varchar) as planning_period,
        as_of_date,
        known_until_date,
        cast(code_version as varchar) as code_version,
        location_id,
        product_id,
        vendor_id,
        model,
        segment,
        method,
        is_discontinued,
        {%- for number in decision_numbers() %}
        cast({{ number }} as double) as {{ number }},
        {%- endfor %}
        lead_time_rung,
        target,
        override_reason,
        planner,
        -- What was decided, and from what: a rerun that changes none of it is the same.
        {{ dbt.hash(
            "coalesce(override_reason, '') || '|' || coalesce(planner, '')"
            ~ decision_digest()
        ) }} as decision_hash
    from joined

)

select * from decided
