with

rejects as (

    select * from {{ ref('input_rejects') }}

),

ledger as (

    select * from {{ ref('int_stock_balances') }}

),

annual_demand as (

    select * from {{ ref('int_annual_demand') }}

),

life_cycles as (

    select * from {{ ref('int_life_cycles') }}

),

one_offs as (

    select * from {{ ref('int_one_off_orders') }}

),

positions as (

    select * from {{ ref('int_stock_positions') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

recommendations as (

    select * from {{ ref('fct_reorder_recommendations') }}

),

simulated as (

    select
        location_id,
        product_id,
        horizon_needed_periods
    from {{ ref('int_lead_time_demand_simulated') }}

),

settings as (

    select horizon_periods from {{ ref('int_forecast_settings') }}

),

lead_times as (

    select * from {{ ref('int_lead_times') }}

),

open_lines as (

    select * from {{ ref('int_open_purchase_lines') }}
    where is_late

),

overrides as (

    select * from {{ ref('int_overrides_in_force') }}

),

order_quantities as (

    select
        location_id,
        product_id,
        pack_size_units,
        min_order_units
    from {{ ref('int_economic_order_quantities') }}

),

rejected as (

    select
        entity,
        file_name || ' line ' || cast(line_number as varchar) || ' '
        || column_name as entity_key,
        case when is_row_rejected then 'row rejected' else 'cell cleared' end
            as rule,
        case when is_row_rejected then 'error' else 'warning' end as severity,
        'Data stewardship' as owner,
        cast(null as varchar) as location_id,
        cast(null as varchar) as product_id,
        reason || coalesce(': ' || rejected_value, ': blank') as detail,
        case
            when is_row_rejected then 'The row takes no part in any number.'
            else 'The cell is empty; the rest of the row is used.'
        end as effect
    from rejects

),

negative_stock as (

    select
        'stock' as entity,
        location_id || '|' || product_id as entity_key,
        'negative stock' as rule,
        'error' as severity,
        'Store operations' as owner,
        location_id,
        product_id,
        'Book stock below zero on ' || cast(sum(valid_days) as varchar)
        || ' days, first on ' || cast(min(valid_from_date) as varchar)
        || ', lowest ' || {{ units_text('min(closing_units)') }} as detail,
        'The shelf is unknown on those days: sales count as the demand, no stock-out '
        || 'is counted; stock on hand counts as zero. Book the missing receipt or '
        || 'count the shelf.' as effect
    from ledger
    where closing_units < 0
    group by location_id, product_id

),

never_counted as (

    select
        'stock' as entity,
        location_id || '|' || product_id as entity_key,
        'stock never counted' as rule,
        'error' as severity,
        'Store operations' as owner,
        location_id,
        product_id,
        'Sold or received, but no stock count up to the as-of date' as detail,
        'No order is proposed.' as effect
    from positions
    where book_on_hand_units is null

),

unmastered as (

    select
        'products' as entity,
        product_id as entity_key,
        'product not in master' as rule,
        'error' as severity,
        'Data stewardship' as owner,
        cast(null as varchar) as location_id,
        product_id,
        'Occurs in sales, counts or purchases, not in the product list' as detail,
        'Vendor, price and cost may be unknown.' as effect
    from products
    where not is_in_master

),

uncosted as (

    select
        'products' as entity,
        product_id as entity_key,
        'unit cost unknown' as rule,
        'error' as severity,
        'Purchasing' as owner,
        cast(null as varchar) as location_id,
        product_id,
        'No price list and no purchase gives a unit cost above zero' as detail,
        'No holding cost, no economic order quantity, no order value.' as effect
    from products
    where unit_cost is null and location_count > 0

),

unpriced as (

    select
        'products' as entity,
        product_id as entity_key,
        'unit price unknown' as rule,
        'warning' as severity,
        'Purchasing' as owner,
        cast(null as varchar) as location_id,
        product_id,
        'No selling price above zero' as detail,
        'A stock-out costs nothing in the numbers: it is ranked last.' as effect
    from products
    where unit_price is null and location_count > 0

),

unplanned as (

    select
        'forecast' as entity,
        location_id || '|' || product_id as entity_key,
        'no reorder point' as rule,
        'error' as severity,
        'Replenishment planning' as owner,
        location_id,
        product_id,
        explanation as detail,
        'No order is proposed.' as effect
    from recommendations
    where reorder_point_units is null

),

outlasting as (

    select
        'forecast' as entity,
        simulated.location_id || '|' || simulated.product_id as entity_key,
        'lead time beyond the forecast' as rule,
        'warning' as severity,
        'Replenishment planning' as owner,
        simulated.location_id,
        simulated.product_id,
        'Lead time and review may last '
        || {{ units_text('simulated.horizon_needed_periods') }}
        || ' periods; forecasts reach '
        || cast(settings.horizon_periods as varchar) as detail,
        'Beyond the forecast its mean goes on.' as effect
    from simulated
    cross join settings
    inner join recommendations
        on
            simulated.location_id = recommendations.location_id
            and simulated.product_id = recommendations.product_id
    where
        simulated.horizon_needed_periods > settings.horizon_periods
        and recommendations.reorder_point_units is not null

),

guessed_lead_times as (

    select
        'vendors' as entity,
        coalesce(vendor_id, 'unknown') as entity_key,
        'lead time is the default' as rule,
        'warning' as severity,
        'Purchasing' as owner,
        cast(null as varchar) as location_id,
        cast(null as varchar) as product_id,
        'Fewer than {{ var("lead_time_min_lines") }} receipts and none stated; '
        || cast(count(*) as varchar) || ' location-products' as detail,
        'Reorder points rest on {{ var("default_lead_time_days") }} days.' as effect
    from lead_times
    where lead_time_rung = 'default'
    group by coalesce(vendor_id, 'unknown')

),

overdue as (

    select
        'purchase_order_lines' as entity,
        po_line_id as entity_key,
        'receipt overdue' as rule,
        'warning' as severity,
        'Purchasing' as owner,
        location_id,
        product_id,
        'PO ' || po_id || ': ' || {{ units_text('open_units') }}
        || ' units due ' || cast(promised_date as varchar) as detail,
        'Still counted as on order; the order for it may be too small.' as effect
    from open_lines

),

misplaced_overrides as (

    select
        'overrides' as entity,
        overrides.location_id || '|' || overrides.product_id as entity_key,
        'override not used' as rule,
        'error' as severity,
        'Replenishment planning' as owner,
        overrides.location_id,
        overrides.product_id,
        'Order ' || {{ units_text('overrides.override_qty_units') }}
        || ' for a location and product never stocked or sold' as detail,
        'There is no recommendation to replace: nothing is ordered.' as effect
    from overrides
    left join recommendations
        on
            overrides.location_id = recommendations.location_id
            and overrides.product_id = recommendations.product_id
    where recommendations.product_id is null

),

odd_overrides as (

    select
        'overrides' as entity,
        overrides.location_id || '|' || overrides.product_id as entity_key,
        'override breaks a pack or minimum' as rule,
        'warning' as severity,
        'Replenishment planning' as owner,
        overrides.location_id,
        overrides.product_id,
        {{ units_text('overrides.override_qty_units') }} || ' units; packs of '
        || {{ units_text('order_quantities.pack_size_units') }} || ', at least '
        || {{ units_text('order_quantities.min_order_units') }} as detail,
        'Ordered as the planner says; the vendor may refuse it.' as effect
    from overrides
    inner join order_quantities
        on
            overrides.location_id = order_quantities.location_id
            and overrides.product_id = order_quantities.product_id
    where
        overrides.override_qty_units > 0
        and (
            overrides.override_qty_units < order_quantities.min_order_units
            or abs(
                {{ packs_up(
                    'overrides.override_qty_units', 'order_quantities.pack_size_units'
                ) }} * order_quantities.pack_size_units
                - overrides.override_qty_units
            ) > 1e-6
        )

),

unknown_demand as (

    select
        'demand' as entity,
        location_id || '|' || product_id as entity_key,
        'outage too long to estimate' as rule,
        'warning' as severity,
        'Replenishment planning' as owner,
        location_id,
        product_id,
        cast(demand_observed_days - demand_known_days as varchar) || ' of '
        || cast(demand_observed_days as varchar)
        || ' days of the trailing year: empty for more than '
        || '{{ var("outage_max_days") }} days, or without a day in stock before'
            as detail,
        'Demand of those days is unknown, not zero: annual demand, lot and class '
        || 'rest on the known days, the forecast on those before.' as effect
    from annual_demand
    where demand_observed_days > demand_known_days

),

stopped as (

    select
        'demand' as entity,
        location_id || '|' || product_id as entity_key,
        'not planned any more' as rule,
        'warning' as severity,
        'Replenishment planning' as owner,
        location_id,
        product_id,
        'Discontinued: ' || life_cycle_reason as detail,
        'No demand is expected and no order proposed. An order of it, or an '
        || 'override, plans it again.' as effect
    from life_cycles
    where life_cycle_state = 'discontinued'

),

starved as (

    select
        'demand' as entity,
        location_id || '|' || product_id as entity_key,
        'empty and not reordered' as rule,
        'warning' as severity,
        'Replenishment planning' as owner,
        location_id,
        product_id,
        'Dormant, ' || life_cycle_reason as detail,
        'Planned at the demand it had. If it is not sold any more, override the order '
        || 'with zero.' as effect
    from life_cycles
    where is_starved

),

one_off_orders as (

    select
        'demand' as entity,
        location_id || '|' || product_id as entity_key,
        'one-off order' as rule,
        'warning' as severity,
        'Replenishment planning' as owner,
        location_id,
        product_id,
        {{ units_text('demand_units') }} || ' units in the period of '
        || cast(period_date as varchar) || ', usually '
        || {{ units_text('usual_size_units') }}
        || ' when it sells; mean per period '
        || {{ units_text('mean_units') }} || ' with it, '
        || {{ units_text('usual_mean_units') }} || ' without' as detail,
        'It counts in the annual demand and moves forecast and safety stock. If it '
        || 'will not come again, keep it out of the sales file.' as effect
    from one_offs

),

merged as (

    select * from rejected

    union all

    select * from negative_stock

    union all

    select * from never_counted

    union all

    select * from unmastered

    union all

    select * from uncosted

    union all

    select * from unpriced

    union all

    select * from unplanned

    union all

    select * from outlasting

    union all

    select * from guessed_lead_times

    union all

    select * from overdue

    union all

    select * from misplaced_overrides

    union all

    select * from odd_overrides

    union all

    select * from unknown_demand

    union all

    select * from stopped

    union all

    select * from starved

    union all

    select * from one_off_orders

),

published as (

    select
        rule || ': ' || entity || ' ' || entity_key as exception_id,
        entity,
        entity_key,
        rule,
        severity,
        owner,
        location_id,
        product_id,
        detail,
        effect
    from merged

)

select * from published
