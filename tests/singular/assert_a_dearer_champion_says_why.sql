-- A champion dearer than its runner-up is one that a rule chose and names.
select
    segment,
    model,
    decided_by,
    gap_to_runner_up_cost
from {{ ref('fct_forecast_champions') }}
where
    gap_to_runner_up_cost < 0
    and coalesce(decided_by, 'unsaid') not in (
        'tie_default', 'tie_chain', 'chain', 'step_veto'
    )
