-- The parts of what a decision cost above hindsight are that cost, and hindsight is the
-- least that could be paid.

select
    run_id,
    location_id,
    product_id,
    excess_cost
from {{ ref('fct_decision_ledger') }}
where
    decision_cost is not null
    and coalesce(
        abs(
            cost_of_lead_time_error
            + cost_of_forecast_error
            + cost_of_policy
            + cost_of_rounding
            + cost_of_budget
            + cost_of_override
            - excess_cost
        ) > 1e-6
        or abs(hindsight_cost + excess_cost - decision_cost) > 1e-6
        or abs(holding_cost + shortage_cost + ordering_cost - decision_cost) > 1e-6
        or excess_cost < -1e-6,
        true
    )
