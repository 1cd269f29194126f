with

performance as (

    select * from {{ ref('int_inventory_performance') }}

),

order_quantities as (

    select * from {{ ref('int_economic_order_quantities') }}

),

reorder_points as (

    select * from {{ ref('int_order_needs') }}
    where scenario = 'base'

),

positions as (

    select * from {{ ref('int_stock_positions') }}

),

abc_classes as (

    select * from {{ ref('int_abc_classes') }}

),

demand_classes as (

    select * from {{ ref('int_demand_classes') }}

),

lead_times as (

    select * from {{ ref('int_lead_times') }}

),

annual_demand as (

    select
        location_id,
        product_id,
        demand_observed_days,
        demand_known_days
    from {{ ref('int_annual_demand') }}

),

joined as (

    select
        positions.location_id,
        positions.product_id,
        order_quantities.vendor_id,
        positions.as_of_date,
        positions.is_discontinued,
        positions.life_cycle_state,
        positions.life_cycle_reason,
        positions.shelf_state,
        order_quantities.annual_demand_units,
        annual_demand.demand_observed_days,
        annual_demand.demand_known_days,
        order_quantities.unit_cost,
        order_quantities.unit_price,
        order_quantities.handling_cost_per_line,
        order_quantities.freight_cost_per_line,
        order_quantities.order_cost,
        order_quantities.holding_cost_per_unit_year,
        order_quantities.holding_cost_rate_per_year,
        order_quantities.pack_size_units,
        order_quantities.min_order_units,
        order_quantities.eoq_units,
        order_quantities.max_lot_units,
        order_quantities.shelf_life_days,
        lead_times.lead_time_mean_days,
        lead_times.lead_time_rung,
        reorder_points.safety_stock_units,
        reorder_points.reorder_point_units,
        reorder_points.order_up_to_units,
        reorder_points.cycle_stock_units,
        reorder_points.textbook_safety_stock_units,
        reorder_points.textbook_reorder_point_units,
        reorder_points.demand_per_day_units,
        performance.sold_units,
        performance.revenue,
        performance.cogs,
        performance.ledger_days,
        performance.stockout_days,
        performance.average_inventory_units,
        performance.average_inventory_units * order_quantities.unit_cost
            as average_inventory_value,
        positions.on_hand_units,
        positions.on_order_units,
        positions.on_hand_units * order_quantities.unit_cost as on_hand_value,
        positions.next_receipt_date,
        abc_classes.abc_class,
        demand_classes.xyz_class,
        demand_classes.demand_class,
        {{ dbt.datediff(
            'positions.decided_date', 'positions.next_receipt_date', 'day'
        ) }} as next_receipt_days,
        order_quantities.review_days,
        -- What does not sell with stock on the shelf has no demand, whatever a model
        -- still expects; what is merely empty has.
        case
            when
                positions.is_discontinued
                or (
                    positions.life_cycle_state = 'dormant'
                    and positions.shelf_state = 'stocked'
                )
                then 0
            else coalesce(
                reorder_points.demand_per_day_units,
                order_quantities.annual_demand_units / 365.0
            )
        end as daily_forecast_units
    from positions
    inner join order_quantities
        on
            positions.location_id = order_quantities.location_id
            and positions.product_id = order_quantities.product_id
    inner join abc_classes
        on
            positions.location_id = abc_classes.location_id
            and positions.product_id = abc_classes.product_id
    inner join demand_classes
        on
            positions.location_id = demand_classes.location_id
            and positions.product_id = demand_classes.product_id
    inner join lead_times
        on
            positions.location_id = lead_times.location_id
            and positions.product_id = lead_times.product_id
    inner join annual_demand
        on
            positions.location_id = annual_demand.location_id
            and positions.product_id = annual_demand.product_id
    left join performance
        on
            positions.location_id = performance.location_id
            and positions.product_id = performance.product_id
    left join reorder_points
        on
            positions.location_id = reorder_points.location_id
            and positions.product_id = reorder_points.product_id

),

computed as (

    select
        *,
        {{ order_qty_feasible_units(
            'annual_demand_units',
            'order_cost',
            'holding_cost_per_unit_year',
            'pack_size_units',
            'min_order_units',
            'case when shelf_life_days is not null then max_lot_units end'
        ) }} as order_qty_feasible_units,
        {{ inventory_turnover(
            'cogs', 'average_inventory_value', 'ledger_days'
        ) }} as inventory_turnover,
        {{ days_on_hand(
            'cogs', 'average_inventory_value', 'ledger_days'
        ) }} as days_on_hand,
        {{ holding_cost(
            'average_inventory_value', 'holding_cost_rate_per_year', 'ledger_days'
        ) }} as holding_cost,
        revenue - cogs as gross_margin,
        {{ gmroi(
            'revenue - cogs', 'average_inventory_value', 'ledger_days'
        ) }} as gmroi
    from joined

),

normed as (

    select
        *,
        greatest(coalesce(safety_stock_units, 0), 0) as norm_safety_units,
        greatest(
            coalesce(order_qty_feasible_units, 0), daily_forecast_units * review_days
        ) as norm_cycle_units
    from computed

),

judged as (

    -- Stock that was never counted has no status.
    select
        *,
        case when on_hand_units is not null then {{ stock_status(
            'on_hand_units',
            'daily_forecast_units',
            'lead_time_mean_days',
            'next_receipt_days',
            'norm_safety_units',
            'norm_cycle_units',
            'on_order_units'
        ) }} end as stock_status,
        case when on_hand_units is not null then {{ stock_status_units(
            'on_hand_units',
            'daily_forecast_units',
            'lead_time_mean_days',
            'next_receipt_days',
            'norm_safety_units',
            'norm_cycle_units',
            'on_order_units'
        ) }} end as stock_status_units
    from normed

),

published as (

    select
        location_id,
        product_id,
        vendor_id,
        as_of_date,
        abc_class,
        xyz_class,
        demand_class,
        is_discontinued,
        life_cycle_state,
        life_cycle_reason,
        shelf_state,
        annual_demand_units,
        demand_observed_days,
        demand_known_days,
        unit_cost,
        handling_cost_per_line,
        freight_cost_per_line,
        order_cost,
        holding_cost_rate_per_year,
        holding_cost_per_unit_year,
        eoq_units,
        cast(order_qty_feasible_units as double) as order_qty_feasible_units,
        lead_time_mean_days,
        lead_time_rung,
        safety_stock_units,
        reorder_point_units,
        textbook_safety_stock_units,
        textbook_reorder_point_units,
        order_up_to_units,
        sold_units,
        revenue,
        cogs,
        cast(gross_margin as double) as gross_margin,
        ledger_days,
        stockout_days,
        average_inventory_units,
        cast(average_inventory_value as double) as average_inventory_value,
        cast(inventory_turnover as double) as inventory_turnover,
        cast(days_on_hand as double) as days_on_hand,
        cast(holding_cost as double) as holding_cost,
        cast(gmroi as double) as gmroi,
        on_hand_units,
        cast(on_hand_value as double) as on_hand_value,
        on_order_units,
        cast(daily_forecast_units as double) as daily_forecast_units,
        stock_status,
        cast(stock_status_units as double) as stock_status_units,
        cast(case
            when stock_status in ('excess', 'dead') then stock_status_units
            when stock_status is not null then 0
        end as double) as excess_units,
        cast(case
            when stock_status in ('excess', 'dead')
                then stock_status_units * unit_cost
            when stock_status is not null then 0
        end as double) as excess_value,
        cast(case
            when stock_status = 'dead' then on_hand_units
            when stock_status is not null then 0
        end as double) as dead_units,
        cast(case
            when stock_status = 'dead' then on_hand_value
            when stock_status is not null then 0
        end as double) as dead_value
    from judged

)

select * from published
