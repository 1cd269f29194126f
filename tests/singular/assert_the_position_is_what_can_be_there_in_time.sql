-- What is on order is the open lines that are not dead; what the position counts of it
-- is expected before the end of lead time and review, in every table.

with

open_lines as (

    select
        parts.location_id,
        parts.product_id,
        sum(parts.open_units) as open_units,
        sum(case when due.is_in_time then parts.open_units else 0 end)
            as in_time_units
    from {{ ref('fct_purchase_order_lines') }} as parts
    left join {{ ref('int_open_lines_due') }} as due
        on parts.po_line_id = due.po_line_id
    where parts.is_open and not parts.is_dead
    group by parts.location_id, parts.product_id

),

compared as (

    select
        recommendations.location_id,
        recommendations.product_id,
        recommendations.on_order_units,
        coalesce(open_lines.open_units, 0) as open_units,
        recommendations.on_order_in_time_units,
        coalesce(open_lines.in_time_units, 0) as in_time_units,
        recommendations.inventory_position_units,
        recommendations.on_hand_units
        + coalesce(open_lines.in_time_units, 0)
        - recommendations.committed_units as position_units
    from {{ ref('fct_reorder_recommendations') }} as recommendations
    left join open_lines
        on
            recommendations.location_id = open_lines.location_id
            and recommendations.product_id = open_lines.product_id

)

select * from compared
where
    abs(on_order_units - open_units) > 1e-6
    or abs(on_order_in_time_units - in_time_units) > 1e-6
    or abs(inventory_position_units - position_units) > 1e-6
