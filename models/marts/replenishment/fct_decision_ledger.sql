with

decisions as (

    select * from {{ ref('int_decisions_latest') }}

),

outcomes as (

    select * from {{ ref('int_decision_outcomes') }}

),

published as (

    select
        decisions.run_id,
        decisions.location_id,
        decisions.product_id,
        decisions.as_of_date,
        decisions.source_system,
        decisions.planning_period,
        decisions.code_version,
        decisions.revision_number,
        decisions.vendor_id,
        decisions.model,
        decisions.segment,
        decisions.method,
        decisions.is_discontinued,
        decisions.lead_time_rung,
        decisions.target,
        {%- for number in decision_numbers() %}
        decisions.{{ number }},
        {%- endfor %}
        decisions.override_reason,
        decisions.planner,
        coalesce(outcomes.outcome_status, 'pending') as outcome_status,
        outcomes.observed_days,
        outcomes.real_lead_time_days,
        outcomes.demand_units,
        outcomes.sold_units,
        outcomes.available_units,
        outcomes.placed_units,
        outcomes.left_units,
        outcomes.short_units,
        outcomes.hindsight_qty_units,
        outcomes.holding_cost,
        outcomes.shortage_cost,
        outcomes.ordering_cost,
        outcomes.decision_cost,
        outcomes.hindsight_cost,
        outcomes.excess_cost,
        outcomes.cost_of_lead_time_error,
        outcomes.cost_of_forecast_error,
        outcomes.cost_of_policy,
        outcomes.cost_of_rounding,
        outcomes.cost_of_budget,
        outcomes.cost_of_override
    from decisions
    left join outcomes
        on
            decisions.run_id = outcomes.run_id
            and decisions.location_id = outcomes.location_id
            and decisions.product_id = outcomes.product_id

)

select * from published
