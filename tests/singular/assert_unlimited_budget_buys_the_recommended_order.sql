-- A budget cuts the list of what is recommended, so all of the list is all of that,
-- pair by pair; and without a budget nothing is cut. An override of what could not be
-- simulated is in no list.

with

listed as (

    select
        location_id,
        product_id,
        sum(step_units) as listed_units,
        max(unit_rank) as last_unit_rank,
        sum(case when is_within_budget then step_units else 0 end) as bought_units,
        sum(step_cost) as listed_cost
    from {{ ref('fct_budget_allocation') }}
    group by location_id, product_id

),

recommended as (

    select
        location_id,
        product_id,
        order_qty_units,
        order_value
    from {{ ref('fct_reorder_recommendations') }}
    where
        order_qty_units > 0
        and (not is_overridden or reorder_point_units is not null)

)

select
    coalesce(listed.location_id, recommended.location_id) as location_id,
    coalesce(listed.product_id, recommended.product_id) as product_id,
    listed.listed_units,
    listed.bought_units,
    recommended.order_qty_units
from listed
full outer join recommended
    on
        listed.location_id = recommended.location_id
        and listed.product_id = recommended.product_id
where
    listed.location_id is null
    or recommended.location_id is null
    or abs(listed.listed_units - recommended.order_qty_units) > 1e-6
    or abs(listed.last_unit_rank - recommended.order_qty_units) > 1e-6
    or abs(listed.listed_cost - recommended.order_value)
    > 1e-9 * recommended.order_value + 1e-6
    {%- if var('purchase_budget') is none %}
    or abs(listed.bought_units - recommended.order_qty_units) > 1e-6
    {%- endif %}
