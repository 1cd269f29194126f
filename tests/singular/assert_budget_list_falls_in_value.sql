-- The list is spent from the top: its value for money falls, a product's units come in
-- their order, and the money adds up.

with

listed as (

    select
        *,
        lag(value_per_currency) over (order by purchase_rank) as value_before,
        lag(unit_rank) over (
            partition by location_id, product_id
            order by purchase_rank
        ) as unit_before,
        lag(cumulative_spend) over (order by purchase_rank) as spend_before
    from {{ ref('fct_budget_allocation') }}

)

select
    location_id,
    product_id,
    unit_rank,
    purchase_rank,
    value_per_currency,
    value_before
from listed
where
    value_per_currency > value_before + 1e-9
    or unit_rank <> coalesce(unit_before, 0) + step_units
    or abs(cumulative_spend - coalesce(spend_before, 0) - step_cost) > 1e-6
