-- What moved a quantity since the last run adds up to how far it moved.

select
    location_id,
    product_id,
    change_units
from {{ ref('fct_recommendation_changes') }}
where
    change_units is not null
    and coalesce(
        abs(
            change_from_code_units
            + change_from_stock_units
            + change_from_lead_time_units
            + change_from_model_units
            + change_from_demand_units
            + change_from_parameter_units
            + change_from_budget_units
            + change_from_override_units
            - change_units
        ) > 1e-6,
        true
    )
