with

order_quantities as (

    select * from {{ ref('int_economic_order_quantities') }}

),

policies as (

    select
        location_id,
        product_id,
        order_cost_per_line
    from {{ ref('int_policies_resolved') }}

),

positions as (

    select
        location_id,
        product_id,
        is_discontinued
    from {{ ref('int_stock_positions') }}

),

vendors as (

    select
        vendor_id,
        order_cost
    from {{ ref('input_vendors') }}

),

vendor_terms as (

    select
        vendor_id,
        freight_per_order
    from {{ ref('vendor_terms') }}

),

shared as (

    -- What an order costs whatever is on it, and what a line adds. Freight that grows
    -- with the value is saved by no cycle.
    select
        order_quantities.vendor_id,
        order_quantities.location_id,
        order_quantities.product_id,
        cast(
            coalesce(vendors.order_cost, 0)
            + coalesce(vendor_terms.freight_per_order, 0) as double
        ) as shared_order_cost,
        cast(policies.order_cost_per_line as double) as line_order_cost,
        order_quantities.holding_cost_per_unit_year,
        order_quantities.annual_demand_units,
        order_quantities.review_days
    from order_quantities
    inner join policies
        on
            order_quantities.location_id = policies.location_id
            and order_quantities.product_id = policies.product_id
    inner join positions
        on
            order_quantities.location_id = positions.location_id
            and order_quantities.product_id = positions.product_id
    inner join vendors
        on order_quantities.vendor_id = vendors.vendor_id
    left join vendor_terms
        on order_quantities.vendor_id = vendor_terms.vendor_id
    where
        not positions.is_discontinued
        and policies.order_cost_per_line > 0
        and order_quantities.holding_cost_per_unit_year > 0
        and order_quantities.annual_demand_units > 0

)

select * from shared
