with

proposals as (

    select * from {{ ref('int_proposals_decided') }}

),

fills as (

    select * from {{ ref('int_vendor_fills') }}

),

recommended_orders as (

    select * from {{ ref('int_recommended_orders') }}
    where scenario = 'base'

),

order_quantities as (

    select
        location_id,
        product_id,
        coalesce(vendor_id, 'unknown') as vendor_id
    from {{ ref('int_economic_order_quantities') }}

),

as_of as (

    select as_of_date from {{ ref('input_as_of') }}

),

lined as (

    select
        proposals.vendor_id,
        proposals.location_id,
        recommended_orders.product_id,
        as_of.as_of_date,
        proposals.decision = 'hold' as is_held,
        recommended_orders.order_qty_units as recommended_units,
        coalesce(fills.added_units, 0) as added_units,
        recommended_orders.order_qty_units + coalesce(fills.added_units, 0)
            as proposed_units,
        recommended_orders.order_unit_cost,
        recommended_orders.order_qty_units = 0 as is_added_line,
        coalesce(fills.added_units, 0)
        / nullif(recommended_orders.demand_per_day_units, 0)
            as added_cover_days,
        coalesce(fills.added_holding_cost, 0) as added_holding_cost
    from proposals
    cross join as_of
    inner join order_quantities
        on
            proposals.vendor_id = order_quantities.vendor_id
            and proposals.location_id = order_quantities.location_id
    inner join recommended_orders
        on
            order_quantities.location_id = recommended_orders.location_id
            and order_quantities.product_id = recommended_orders.product_id
    left join fills
        on
            proposals.vendor_id = fills.vendor_id
            and proposals.location_id = fills.location_id
            and proposals.fill_target = fills.fill_target
            and order_quantities.product_id = fills.product_id
    where recommended_orders.order_qty_units > 0 or fills.added_units > 0

),

published as (

    select
        vendor_id,
        location_id,
        product_id,
        as_of_date,
        is_held,
        is_added_line,
        cast(recommended_units as double) as recommended_units,
        cast(added_units as double) as added_units,
        cast(proposed_units as double) as proposed_units,
        cast(order_unit_cost as double) as unit_cost,
        cast(proposed_units * order_unit_cost as double) as proposed_value,
        cast(added_units * order_unit_cost as double) as added_value,
        cast(added_cover_days as double) as added_cover_days,
        cast(added_holding_cost as double) as added_holding_cost
    from lined

)

select * from published
