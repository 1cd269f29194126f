{#- What int_replenishment_requirements asks, under the changes of each scenario. -#}

with

scenarios as (

    select * from {{ ref('scenarios') }}

),

requirements as (

    select * from {{ ref('int_replenishment_requirements') }}

),

order_quantities as (

    select * from {{ ref('int_economic_order_quantities') }}

),

policies as (

    select
        location_id,
        product_id,
        holding_cost_per_unit_year as stated_holding_cost,
        shortage_cost_per_unit as stated_shortage_cost,
        shortage_cost_margin_multiple
    from {{ ref('int_policies_resolved') }}

),

open_lines as (

    select * from {{ ref('int_open_lines_due') }}

),

periods as (

    select period_days from {{ ref('int_forecast_settings') }}

),

shifted as (

    -- A longer lead time waits for more of what is on order, a shorter one for less.
    select
        scenarios.scenario,
        requirements.location_id,
        requirements.product_id,
        sum(case
            when
                open_lines.receipt_days < (
                    requirements.lead_time_mean_periods
                    * scenarios.lead_time_multiplier
                    + requirements.review_periods
                ) * periods.period_days - 1e-6
                then open_lines.open_units
            else 0
        end)
        - sum(case when open_lines.is_in_time then open_lines.open_units else 0 end)
            as position_shift_units
    from requirements
    cross join scenarios
    cross join periods
    inner join open_lines
        on
            requirements.location_id = open_lines.location_id
            and requirements.product_id = open_lines.product_id
    where scenarios.lead_time_multiplier <> 1
    group by
        scenarios.scenario, requirements.location_id, requirements.product_id

),

crossed as (

    -- A cost that a planner states does not follow the cost of the goods.
    select
        scenarios.scenario,
        scenarios.lead_time_multiplier,
        scenarios.budget,
        scenarios.unit_cost_multiplier,
        requirements.location_id,
        requirements.product_id,
        requirements.segment,
        requirements.period_days,
        requirements.elapsed_periods,
        requirements.lead_time_mean_periods * scenarios.lead_time_multiplier
            as lead_time_mean_periods,
        requirements.lead_time_sd_periods * scenarios.lead_time_multiplier
            as lead_time_sd_periods,
        requirements.review_periods,
        requirements.target,
        scenarios.service_level is not null
        and requirements.target = 'cost' as is_cost_replaced,
        coalesce(scenarios.service_level, requirements.service_level)
            as service_level,
        case
            when policies.stated_holding_cost is not null then 1
            else scenarios.unit_cost_multiplier
        end as holding_multiplier,
        requirements.holding_cost_per_unit_period,
        case
            when
                policies.stated_shortage_cost is not null
                or scenarios.unit_cost_multiplier = 1
                then requirements.shortage_cost_per_unit
            else policies.shortage_cost_margin_multiple * {{ at_least_zero(
                '(order_quantities.unit_price - order_quantities.unit_cost'
                ~ ' * scenarios.unit_cost_multiplier)'
            ) }}
        end as shortage_cost_per_unit,
        requirements.current_demand_share,
        order_quantities.eoq_units,
        order_quantities.max_lot_units,
        order_quantities.pack_size_units,
        order_quantities.min_order_units,
        order_quantities.annual_demand_units,
        order_quantities.holding_cost_rate_per_year,
        order_quantities.review_days,
        order_quantities.order_cost,
        order_quantities.unit_cost * scenarios.unit_cost_multiplier as unit_cost,
        {{ at_least_zero(
            '(order_quantities.unit_price - order_quantities.unit_cost'
            ~ ' * scenarios.unit_cost_multiplier)'
        ) }} as unit_margin,
        requirements.inventory_position_units
        + coalesce(shifted.position_shift_units, 0) as inventory_position_units,
        requirements.on_hand_units
        + coalesce(shifted.position_shift_units, 0) as on_hand_units
    from requirements
    cross join scenarios
    inner join order_quantities
        on
            requirements.location_id = order_quantities.location_id
            and requirements.product_id = order_quantities.product_id
    inner join policies
        on
            requirements.location_id = policies.location_id
            and requirements.product_id = policies.product_id
    left join shifted
        on
            scenarios.scenario = shifted.scenario
            and requirements.location_id = shifted.location_id
            and requirements.product_id = shifted.product_id

),

lotted as (

    -- The economic quantity falls with the root of the holding cost.
    select
        *,
        {{ current_lot_units(
            'eoq_units / sqrt(holding_multiplier)',
            'max_lot_units',
            'current_demand_share',
            'pack_size_units',
            'min_order_units'
        ) }} as economic_lot_units
    from crossed

),

required as (

    select
        scenario,
        location_id,
        product_id,
        segment,
        case when is_cost_replaced then 'cycle_service' else target end
            as target, -- noqa: RF04
        {%- for number in [
            'lead_time_multiplier', 'budget', 'period_days', 'elapsed_periods',
            'lead_time_mean_periods', 'lead_time_sd_periods', 'review_periods',
            'service_level', 'shortage_cost_per_unit', 'economic_lot_units',
            'inventory_position_units', 'on_hand_units', 'unit_margin', 'unit_cost',
            'order_cost', 'review_days', 'unit_cost_multiplier', 'annual_demand_units',
            'holding_cost_rate_per_year',
        ] %}
        cast({{ number }} as double) as {{ number }},
        {%- endfor %}
        cast(holding_cost_per_unit_period * holding_multiplier as double)
            as holding_cost_per_unit_period
    from lotted

)

select * from required
