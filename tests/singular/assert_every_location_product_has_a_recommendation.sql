-- A pair that falls out of a join is a pair for which no order is ever raised: each
-- has one row in every mart of its grain, with a quantity or a reason.

with

pairs as (

    select
        location_id,
        product_id
    from {{ ref('int_location_products') }}

),

{%- set relations = [
    'fct_reorder_recommendations', 'fct_inventory_kpis', 'fct_replenishment_policies',
    'fct_lead_time_demand',
] %}

published as (
    {% for relation in relations %}
    select
        '{{ relation }}' as relation,
        location_id,
        product_id
    from {{ ref(relation) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

expected as (
    {% for relation in relations %}
    select
        '{{ relation }}' as relation,
        location_id,
        product_id
    from pairs
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select
    coalesce(expected.relation, published.relation) as relation,
    coalesce(expected.location_id, published.location_id) as location_id,
    coalesce(expected.product_id, published.product_id) as product_id,
    published.product_id is null as is_missing
from expected
full outer join published
    on
        expected.relation = published.relation
        and expected.location_id = published.location_id
        and expected.product_id = published.product_id
where expected.product_id is null or published.product_id is null
