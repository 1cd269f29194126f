{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro order_rule(relation) -%}
    with

    measured as (

        select
            *,
            lead_time_mean_periods * period_days as lead_time_days,
            lead_time_mean_periods + review_periods as protection_periods,
            (lead_time_mean_periods + review_periods) * period_days
                as protection_days,
            lead_time_demand_units
            / nullif(lead_time_mean_periods + review_periods, 0)
                as demand_per_period_units,
            lead_time_demand_units
            / nullif((lead_time_mean_periods + review_periods) * period_days, 0)
                as demand_per_day_units
        from {{ relation }}

    ),

    spread as (

        select
            *,
            {{ sigma_lead_time_demand_units(
                'demand_per_period_units',
                'sqrt(demand_dispersion * demand_per_period_units)',
                'protection_periods',
                'coalesce(lead_time_sd_periods, 0)'
            ) }} as textbook_sigma_units,
            greatest(
                annual_lot_units, demand_per_period_units * review_periods
            ) as textbook_lot_units
        from measured

    ),

    aimed as (

        select
            *,
            {{ textbook_service(
                'target',
                'service_level',
                'holding_cost_per_unit_period',
                'shortage_cost_per_unit',
                'textbook_lot_units',
                'demand_per_period_units'
            ) }} as textbook_service
        from spread

    ),

    buffered as (

        -- Beyond these the normal distribution says nothing of demand.
        select
            *,
            case
                when target = 'fill_rate'
                    then greatest(0e0, {{ safety_stock_fill_rate_units(
                        'textbook_lot_units',
                        'least(service_level, 0.9999)',
                        'textbook_sigma_units'
                    ) }})
                when textbook_service <= 0 then -lead_time_demand_units
                else {{ safety_stock_units(
                    'least(greatest(textbook_service, 0.0001), 0.9999)',
                    'textbook_sigma_units'
                ) }}
            end + raised_z * textbook_sigma_units as textbook_safety_stock_units
        from aimed

    ),

    pointed as (

        select
            *,
            {{ whole_units(
                'greatest(0e0, ' ~ reorder_point_units(
                    'demand_per_period_units',
                    'protection_periods',
                    'textbook_safety_stock_units'
                ) ~ ')',
                'target'
            ) }} as textbook_reorder_point_units,
            {{ whole_units('simulated_reorder_point_units', 'target') }}
                as forecast_reorder_point_units,
            {{ whole_units(
                'simulated_reorder_point_units - simulated_lost_units', 'target'
            ) }} as forecast_needed_units
        from buffered

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
                when order_rule = 'textbook'
                    then {{ cycle_stock_units(
                        'annual_lot_units', 'demand_per_period_units', 'review_periods'
                    ) }}
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
        {%- for quantity, room in [
            ('wanted', 'cast(null as double)'),
            ('order_qty', 'shelf_life_stock_units'),
        ] %}
        {{ order_proposal_units(
            'served_units',
            'reorder_point_units',
            'order_up_to_units',
            'pack_size_units',
            'min_order_units',
            room
        ) }} as {{ quantity }}_units{{ ',' if not loop.last }}
        {%- endfor %}
    from kept
{%- endmacro %}
