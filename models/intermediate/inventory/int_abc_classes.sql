with

annual_demand as (

    select * from {{ ref('int_annual_demand') }}

),

products as (

    select
        product_id,
        unit_cost
    from {{ ref('input_products') }}

),

valued as (

    select
        annual_demand.location_id,
        annual_demand.product_id,
        greatest(coalesce(
            annual_demand.annual_demand_units * products.unit_cost, 0
        ), 0) as annual_demand_value
    from annual_demand
    inner join products
        on annual_demand.product_id = products.product_id

),

ranked as (

    -- Share before the item: one that crosses the cut belongs above it, so that
    -- a single dominant item is A.
    select
        *,
        coalesce({{ exact_sum(
            'annual_demand_value',
            over='(
                partition by location_id
                order by annual_demand_value desc, product_id asc
                rows between unbounded preceding and 1 preceding
            )'
        ) }}, 0) / nullif({{ exact_sum(
            'annual_demand_value',
            over='(partition by location_id)'
        ) }}, 0) as share_before_item
    from valued

),

classed as (

    select
        location_id,
        product_id,
        cast(annual_demand_value as double) as annual_demand_value,
        cast(share_before_item as double) as share_before_item,
        {{ abc_class(
            'annual_demand_value',
            'share_before_item',
            var('abc_a_share'),
            var('abc_b_share')
        ) }} as abc_class
    from ranked

)

select * from classed
