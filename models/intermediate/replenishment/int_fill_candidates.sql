with

vendor_orders as (

    select * from {{ ref('int_vendor_orders') }}
    where order_value is not null

),

recommended_orders as (

    -- What a planner orders instead stands.
    select * from {{ ref('int_recommended_orders') }}
    where scenario = 'base' and override_qty_units is null

),

order_quantities as (

    select * from {{ ref('int_economic_order_quantities') }}

),

positions as (

    select
        location_id,
        product_id,
        is_discontinued
    from {{ ref('int_stock_positions') }}

),

targets as (

    select
        vendor_id,
        location_id,
        'minimum' as fill_target,
        min_order_value - order_value as missing_value
    from vendor_orders
    where order_value < min_order_value

    union all

    select
        vendor_id,
        location_id,
        'free_freight' as fill_target,
        free_freight_value - order_value as missing_value
    from vendor_orders
    where
        freight_per_order > 0
        and order_value < free_freight_value
        and free_freight_value > min_order_value

),

addable as (

    -- What sells and is planned, whether it is ordered today or not.
    select
        targets.vendor_id,
        targets.location_id,
        targets.fill_target,
        recommended_orders.product_id,
        targets.missing_value,
        recommended_orders.order_unit_cost as unit_cost,
        recommended_orders.pack_size_units,
        recommended_orders.demand_per_day_units,
        order_quantities.holding_cost_per_unit_year / 365.0
            as holding_cost_per_unit_day,
        case
            when recommended_orders.order_qty_units > 0
                then recommended_orders.pack_size_units
            else greatest(
                recommended_orders.pack_size_units,
                coalesce(recommended_orders.min_order_units, 0)
            )
        end as first_step_units,
        -- The next order would be due where the position falls to its level.
        {{ at_least_zero(
            '(recommended_orders.inventory_position_units'
            ~ ' + recommended_orders.order_qty_units'
            ~ ' - case when recommended_orders.order_qty_units > 0'
            ~ ' then recommended_orders.order_up_to_units'
            ~ ' else recommended_orders.reorder_point_units end)'
        ) }} / recommended_orders.demand_per_day_units as early_days,
        -- No more than sells within the shelf life, and a year where none is given.
        coalesce(
            recommended_orders.shelf_life_stock_units,
            recommended_orders.demand_per_day_units
            * (recommended_orders.protection_days + 365)
        ) - recommended_orders.inventory_position_units
        - recommended_orders.order_qty_units as max_added_units
    from targets
    inner join order_quantities
        on
            targets.vendor_id = order_quantities.vendor_id
            and targets.location_id = order_quantities.location_id
    inner join recommended_orders
        on
            order_quantities.location_id = recommended_orders.location_id
            and order_quantities.product_id = recommended_orders.product_id
    inner join positions
        on
            order_quantities.location_id = positions.location_id
            and order_quantities.product_id = positions.product_id
    where
        not positions.is_discontinued
        and recommended_orders.order_qty_units is not null
        and recommended_orders.order_unit_cost > 0
        and recommended_orders.demand_per_day_units > 0
        and order_quantities.holding_cost_per_unit_year is not null

),

typed as (

    select
        vendor_id,
        location_id,
        fill_target,
        product_id,
        cast(missing_value as double) as missing_value,
        cast(unit_cost as double) as unit_cost,
        cast(pack_size_units as double) as pack_size_units,
        cast(first_step_units as double) as first_step_units,
        cast(max_added_units as double) as max_added_units,
        cast(early_days as double) as early_days,
        cast(demand_per_day_units as double) as demand_per_day_units,
        cast(holding_cost_per_unit_day as double) as holding_cost_per_unit_day
    from addable

)

select * from typed
