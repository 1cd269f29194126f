-- Reorder points beside counts of each item's own past at the same service: a forecast
-- of a season or a decline may part them for an item, a chain whose points lie far from
-- all that it ever sold has a distribution that is wrong. Twenty items can tell.

with

levels as (

    select
        recommendations.reorder_point_units,
        demand.own_history_units
    from {{ ref('fct_lead_time_demand') }} as demand
    inner join {{ ref('fct_reorder_recommendations') }} as recommendations
        on
            demand.location_id = recommendations.location_id
            and demand.product_id = recommendations.product_id
    where demand.own_history_units > 0 and not recommendations.is_discontinued

),

summed as (

    select
        count(*) as pair_count,
        sum(reorder_point_units) as reorder_point_units,
        sum(own_history_units) as own_history_units
    from levels

)

select * from summed
where
    pair_count >= 20
    and not coalesce(
        reorder_point_units / own_history_units between 0.5 and 1.6, false
    )
