with

positions as (

    select
        location_id,
        product_id,
        is_discontinued,
        on_hand_units,
        inventory_position_units
    from {{ ref('int_stock_positions') }}

),

reorder_points as (

    select * from {{ ref('int_reorder_points') }}

),

order_quantities as (

    select * from {{ ref('int_economic_order_quantities') }}

),

levelled as (

    -- What is discontinued is not planned: it protects no demand.
    select
        positions.location_id,
        positions.product_id,
        case
            when positions.on_hand_units is not null
                then positions.inventory_position_units
        end as inventory_position_units,
        {%- for level in [
            'lead_time_demand', 'safety_stock', 'reorder_point', 'cycle_stock',
            'order_up_to', 'lost_before_arrival',
        ] %}
        case
            when positions.is_discontinued then 0 else
                reorder_points.{{ level }}_units
        end as {{ level }}_units,
        {%- endfor %}
        reorder_points.demand_per_day_units,
        reorder_points.protection_days,
        order_quantities.unit_cost,
        order_quantities.pack_size_units,
        order_quantities.min_order_units,
        order_quantities.shelf_life_days,
        -- A discount must pay at the rate of last year and at that of now.
        least(
            order_quantities.annual_demand_units,
            reorder_points.demand_per_day_units * 365
        ) as annual_demand_units,
        order_quantities.order_cost,
        order_quantities.holding_cost_rate_per_year,
        order_quantities.unit_price,
        reorder_points.protection_days - order_quantities.review_days
            as lead_time_days
    from positions
    inner join order_quantities
        on
            positions.location_id = order_quantities.location_id
            and positions.product_id = order_quantities.product_id
    left join reorder_points
        on
            positions.location_id = reorder_points.location_id
            and positions.product_id = reorder_points.product_id

),

kept as (

    -- First in, first out: the last unit of an order sells when demand has used up
    -- all that was there at its decision.
    select
        *,
        {{ shelf_life_stock_units(
            'demand_per_day_units',
            'lead_time_days',
            'shelf_life_days',
            'inventory_position_units',
            '(inventory_position_units + lost_before_arrival_units)',
            'pack_size_units',
            'min_order_units',
            'unit_cost',
            'unit_price',
            'order_cost'
        ) }} as shelf_life_stock_units
    from levelled

),

proposed as (

    -- Unknown stock or an unknown level leaves the quantity unknown, not zero. What is
    -- lost before an order can come needs no stock: it is as good as served.
    select
        *,
        order_up_to_units - inventory_position_units - lost_before_arrival_units
            as need_units,
        {{ order_proposal_units(
            'inventory_position_units + lost_before_arrival_units',
            'reorder_point_units',
            'order_up_to_units',
            'pack_size_units',
            'min_order_units',
            'null'
        ) }} as wanted_units,
        {{ order_proposal_units(
            'inventory_position_units + lost_before_arrival_units',
            'reorder_point_units',
            'order_up_to_units',
            'pack_size_units',
            'min_order_units',
            'shelf_life_stock_units'
        ) }} as order_qty_units
    from kept

),

added as (

    select
        location_id,
        product_id,
        cast(inventory_position_units as double) as inventory_position_units,
        cast(lead_time_demand_units as double) as lead_time_demand_units,
        cast(safety_stock_units as double) as safety_stock_units,
        cast(reorder_point_units as double) as reorder_point_units,
        cast(cycle_stock_units as double) as cycle_stock_units,
        cast(order_up_to_units as double) as order_up_to_units,
        cast(lost_before_arrival_units as double) as lost_before_arrival_units,
        cast(demand_per_day_units as double) as demand_per_day_units,
        cast(protection_days as double) as protection_days,
        cast(shelf_life_days as double) as shelf_life_days,
        cast(shelf_life_stock_units as double) as shelf_life_stock_units,
        cast(unit_cost as double) as unit_cost,
        cast(pack_size_units as double) as pack_size_units,
        cast(min_order_units as double) as min_order_units,
        cast(need_units as double) as need_units,
        cast(case
            when wanted_units > 0 then wanted_units - need_units
            when wanted_units = 0 then 0
        end as double) as rounding_units,
        cast(case
            when wanted_units > 0 then 0 else wanted_units - need_units
        end as double) as not_needed_units,
        cast(order_qty_units - wanted_units as double) as shelf_life_units,
        cast(order_qty_units as double) as order_qty_units,
        cast(greatest(order_qty_units, least(
            coalesce(
                shelf_life_stock_units - inventory_position_units, annual_demand_units
            ),
            annual_demand_units
        )) as double) as max_order_units,
        cast(annual_demand_units as double) as annual_demand_units,
        cast(order_cost as double) as order_cost,
        cast(holding_cost_rate_per_year as double) as holding_cost_rate_per_year
    from proposed

)

select * from added
