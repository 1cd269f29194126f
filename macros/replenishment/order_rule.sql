{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro order_rule(relation) -%}
    with

    measured as (

        select
            *,
            lead_time_mean_periods * period_days as lead_time_days,
            protection_periods * period_days as protection_days,
            demand_per_period_units / period_days as demand_per_day_units,
            {{ reorder_point_units(
                'demand_per_period_units',
                'protection_periods',
                'textbook_safety_stock_units + raised_z * textbook_sigma_units'
            ) }} as textbook_point_units
        from {{ relation }}

    ),

    pointed as (

        select
            *,
            {{ whole_units('greatest(0e0, textbook_point_units)', 'target') }}
                as textbook_reorder_point_units,
            {{ whole_units('simulated_reorder_point_units', 'target') }}
                as forecast_reorder_point_units,
            {{ whole_units(
                'simulated_reorder_point_units - simulated_lost_units', 'target'
            ) }} as forecast_needed_units
        from measured

    ),

    levelled as (

        -- The rule in force: the level of the forecast's distribution or the
        -- textbook's, and how much of a lot lifts the order above it. What sells
        -- between two reviews is ordered anyway. What is not planned protects nothing.
        select
            *,
            case
                when not is_planned then 0e0
                when order_rule = 'textbook' then textbook_reorder_point_units
                else forecast_reorder_point_units
            end as reorder_point_units,
            case
                when not is_planned or order_rule = 'textbook' then 0e0
                else forecast_reorder_point_units - forecast_needed_units
            end as lost_before_arrival_units,
            case
                when not is_planned then 0e0
                when order_rule = 'forecast_lots' and economic_lot_units > 1
                    then floor(0.5 + economic_lot_units)
                else {{ cycle_stock_units(
                    'economic_lot_units', 'demand_per_period_units', 'review_periods'
                ) }}
            end as cycle_stock_units
        from pointed

    ),

    topped as (

        select
            *,
            case
                when not is_planned then 0e0 else reorder_point_units
                - lead_time_demand_units
            end as safety_stock_units,
            reorder_point_units + cycle_stock_units as order_up_to_units,
            inventory_position_units + lost_before_arrival_units as served_units
        from levelled

    ),

    kept as (

        -- First in, first out: the last unit of an order sells when demand has used up
        -- all that was there at its decision.
        select
            *,
            {{ needed_units(
                'served_units', 'reorder_point_units', 'order_up_to_units'
            ) }} as needed_units,
            {{ shelf_life_stock_units(
                'demand_per_day_units',
                'lead_time_days',
                'shelf_life_days',
                'inventory_position_units',
                'served_units',
                'pack_size_units',
                'min_order_units',
                'unit_cost',
                'unit_price',
                'order_cost'
            ) }} as shelf_life_stock_units
        from topped

    )

    -- Unknown stock or an unknown level leaves the quantity unknown, not zero. What is
    -- lost before an order can come needs no stock: it is as good as served.
    select
        *,
        {{ packed_units('needed_units', 'pack_size_units', 'min_order_units') }}
            as wanted_units,
        {{ packed_units(
            'needed_units',
            'pack_size_units',
            'min_order_units',
            'shelf_life_stock_units - served_units'
        ) }} as order_qty_units
    from kept
{%- endmacro %}
