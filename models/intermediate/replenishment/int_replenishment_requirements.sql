{#-
    The terms of each pair under the changes of each scenario, with the rule in force
    and the lot that its forecast makes worth buying. The plan is the scenario base; the
    others are those of the pairs that the laboratory judges, with their share of a
    budget.
-#}

with

scenarios as (

    select * from {{ ref('int_scenarios') }}

),

terms as (

    select
        terms.*,
        judged.product_id is not null as is_judged,
        count(judged.product_id) over () / cast(count(*) over () as double)
            as judged_share
    from {{ ref('int_replenishment_terms') }} as terms
    left join {{ ref('int_judged_series') }} as judged
        on
            terms.location_id = judged.location_id
            and terms.product_id = judged.product_id

),

rules as (

    select * from {{ ref('int_order_rules_in_force') }}

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

positions as (

    select
        location_id,
        product_id,
        is_discontinued
    from {{ ref('int_stock_positions') }}

),

open_lines as (

    select * from {{ ref('int_open_lines_due') }}

),

forecasts as (

    select
        location_id,
        product_id,
        {{ exact_mean('forecast_units') }} as forecast_mean_units
    from {{ ref('int_champion_forecasts') }}
    where fold_role = 'live'
    group by location_id, product_id

),

shifted as (

    -- A longer lead time waits for more of what is on order, a shorter one for less.
    select
        scenarios.scenario,
        terms.location_id,
        terms.product_id,
        {{ exact_sum('case
            when
                open_lines.receipt_days < (
                    terms.lead_time_mean_periods * scenarios.lead_time_multiplier
                    + terms.review_periods
                ) * terms.period_days - 1e-6
                then open_lines.open_units
            else 0
        end') }}
        - {{ exact_sum(
            'case when open_lines.is_in_time then open_lines.open_units else 0 end'
        ) }}
            as position_shift_units
    from terms
    cross join scenarios
    inner join open_lines
        on
            terms.location_id = open_lines.location_id
            and terms.product_id = open_lines.product_id
    where scenarios.lead_time_multiplier <> 1
    group by scenarios.scenario, terms.location_id, terms.product_id

),

crossed as (

    -- A cost that a planner states does not follow the cost of the goods. What it
    -- costs to hold moves the economic quantity with the root.
    select
        scenarios.scenario,
        scenarios.lead_time_multiplier,
        scenarios.budget * terms.judged_share as budget,
        scenarios.unit_cost_multiplier,
        terms.location_id,
        terms.product_id,
        terms.segment,
        case
            -- Without noise of its own a pair has no textbook level.
            when rules.order_rule = 'textbook' and terms.demand_dispersion is null
                then 'forecast'
            else coalesce(rules.order_rule, 'textbook')
        end as order_rule,
        terms.period_days,
        terms.elapsed_periods,
        terms.lead_time_mean_periods * scenarios.lead_time_multiplier
            as lead_time_mean_periods,
        terms.lead_time_sd_periods * scenarios.lead_time_multiplier
            as lead_time_sd_periods,
        terms.review_periods,
        order_quantities.review_days,
        case
            when scenarios.service_level is not null and terms.target = 'cost'
                then 'cycle_service'
            else terms.target
        end as target, -- noqa: RF04
        coalesce(scenarios.service_level, terms.service_level) as service_level,
        case
            when policies.stated_holding_cost is not null then 1
            else scenarios.unit_cost_multiplier
        end as holding_multiplier,
        terms.holding_cost_per_unit_period,
        case
            when
                policies.stated_shortage_cost is not null
                or scenarios.unit_cost_multiplier = 1
                then terms.shortage_cost_per_unit
            else policies.shortage_cost_margin_multiple * {{ at_least_zero(
                '(order_quantities.unit_price - order_quantities.unit_cost'
                ~ ' * scenarios.unit_cost_multiplier)'
            ) }}
        end as shortage_cost_per_unit,
        order_quantities.eoq_units / sqrt(case
            when policies.stated_holding_cost is not null then 1
            else scenarios.unit_cost_multiplier
        end) as eoq_units,
        order_quantities.max_lot_units,
        order_quantities.pack_size_units,
        order_quantities.min_order_units,
        order_quantities.shelf_life_days,
        order_quantities.annual_demand_units,
        order_quantities.holding_cost_rate_per_year,
        order_quantities.order_cost,
        order_quantities.unit_price,
        order_quantities.unit_cost * scenarios.unit_cost_multiplier as unit_cost,
        {{ at_least_zero(
            '(order_quantities.unit_price - order_quantities.unit_cost'
            ~ ' * scenarios.unit_cost_multiplier)'
        ) }} as unit_margin,
        not positions.is_discontinued as is_planned,
        -- What is on hand and on order: when it is used up, if nothing new is bought.
        terms.inventory_position_units
        + coalesce(shifted.position_shift_units, 0) as inventory_position_units,
        terms.own_demand_units,
        terms.demand_dispersion,
        forecasts.forecast_mean_units,
        order_quantities.annual_demand_units * terms.period_days / 365e0
            as past_mean_units
    from terms
    cross join scenarios
    inner join order_quantities
        on
            terms.location_id = order_quantities.location_id
            and terms.product_id = order_quantities.product_id
    inner join policies
        on
            terms.location_id = policies.location_id
            and terms.product_id = policies.product_id
    inner join positions
        on
            terms.location_id = positions.location_id
            and terms.product_id = positions.product_id
    left join rules
        on
            terms.segment = rules.segment
            and terms.target = rules.target
    left join forecasts
        on
            terms.location_id = forecasts.location_id
            and terms.product_id = forecasts.product_id
    left join shifted
        on
            scenarios.scenario = shifted.scenario
            and terms.location_id = shifted.location_id
            and terms.product_id = shifted.product_id
    where scenarios.scenario = 'base' or terms.is_judged

),

lotted as (

    {{ order_lots('crossed') }}

),

required as (

    select
        scenario,
        location_id,
        product_id,
        segment,
        order_rule,
        target, -- noqa: RF04
        is_planned,
        {%- for number in [
            'lead_time_multiplier', 'unit_cost_multiplier', 'budget', 'period_days',
            'elapsed_periods', 'lead_time_mean_periods', 'lead_time_sd_periods',
            'review_periods', 'review_days', 'service_level',
            'shortage_cost_per_unit', 'inventory_position_units', 'unit_margin',
            'unit_cost', 'unit_price', 'order_cost', 'holding_cost_rate_per_year',
            'pack_size_units', 'min_order_units', 'shelf_life_days',
            'annual_demand_units', 'own_demand_units', 'demand_dispersion',
            'current_demand_share', 'economic_lot_units',
        ] %}
        cast({{ number }} as double) as {{ number }},
        {%- endfor %}
        cast(inventory_position_units as double) as on_hand_units,
        cast(holding_cost_per_unit_period * holding_multiplier as double)
            as holding_cost_per_unit_period
    from lotted

)

select * from required
