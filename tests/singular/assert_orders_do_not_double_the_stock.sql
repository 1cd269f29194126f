-- Stock after today's order beside what there is, and beside what sells: a list that
-- doubles the stock and covers more than a quarter of a year with it is not signed.

with

positions as (

    select
        sum(
            (recommendations.on_hand_units + recommendations.on_order_units)
            * quantities.unit_cost
        ) as stock_value,
        sum(recommendations.order_value) as order_value,
        sum(
            quantities.annual_demand_units * quantities.unit_cost
        ) as annual_demand_value
    from {{ ref('fct_reorder_recommendations') }} as recommendations
    inner join {{ ref('fct_inventory_kpis') }} as quantities
        on
            recommendations.location_id = quantities.location_id
            and recommendations.product_id = quantities.product_id

)

select * from positions
where
    order_value > stock_value
    and stock_value + order_value > annual_demand_value / 4
