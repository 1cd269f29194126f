with

rejects as (

    select * from {{ ref('input_rejects') }}

),

morning_counts as (

    select * from {{ ref('input_morning_counts') }}

),

ignored_rows as (

    select * from {{ ref('input_ignored_rows') }}
    where n_rows > 0

),

sale_dates as (

    select * from {{ ref('input_sale_dates') }}
    where stray_side is not null

),

promotions as (

    select * from {{ ref('input_promotions') }}

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
    where scenario = 'base'

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

purchase_lines as (

    select * from {{ ref('input_purchase_order_lines') }}

),

lead_times_observed as (

    select * from {{ ref('int_lead_times_observed') }}

),

lead_times_by_source as (

    select * from {{ ref('int_lead_times_by_source') }}

),

overrides as (

    select * from {{ ref('int_overrides_in_force') }}

),

order_quantities as (

    select
        location_id,
        product_id,
        pack_size_units,
        min_order_units,
        shelf_life_days
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
            when column_name in ('received_date', 'ReceivingDate')
                then 'The line is open unless units received are stated, and says '
                    || 'nothing of lead times.'
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
        'No order is proposed until a count is dated on or before the as-of date. Date '
        || 'the list of a morning the day before, or leave as_of_date unset.' as effect
    from positions
    where book_on_hand_units is null

),

stray_sales as (

    select
        'sales' as entity,
        cast(sale_date as varchar) as entity_key,
        case stray_side
            when 'late' then 'sales dated after the rest'
            when 'early' then 'sales dated before the rest'
            else 'sales dated off the weekday of the weeks'
        end as rule,
        'error' as severity,
        'Data stewardship' as owner,
        cast(null as varchar) as location_id,
        cast(null as varchar) as product_id,
        cast(n_lines as varchar) || ' sale lines dated ' || cast(sale_date as varchar)
        || ', the first on line ' || cast(first_line_number as varchar)
        || ': too few for a day of trade' as detail,
        'Taken for slips: they take no part in any number. ' || case stray_side
            when 'late'
                then 'The as-of date is before them; to use them, set as_of_date.'
            when 'early'
                then 'The history begins after them; to use them, raise '
                    || 'stray_sales_gap_days.'
            else 'Date them as the other weeks.'
        end as effect
    from sale_dates

),

later_rows as (

    select
        case when entity = 'early_counts' then 'stock_counts' else entity end
            as entity,
        cast(first_date as varchar) as entity_key,
        case
            when entity = 'early_counts' then 'counted long before the first sale'
            else 'dated after the as-of date'
        end as rule,
        'warning' as severity,
        'Data stewardship' as owner,
        cast(null as varchar) as location_id,
        cast(null as varchar) as product_id,
        cast(n_rows as varchar) || ' rows dated ' || cast(first_date as varchar)
        || ' to ' || cast(last_date as varchar) || '. ' || reason as detail,
        case
            when entity in ('stock_counts', 'opening_counts', 'closing_counts')
                then 'Stock on hand is that of the counts before, moved by sales and '
                    || 'receipts; what has none is not ordered.'
            when entity = 'receipts'
                then 'The units are on order, not on hand, and their cost is not used.'
            when entity = 'purchase_order_lines'
                then 'The units are not on order, and their cost is not used.'
            when entity = 'invoices' then 'Their freight is in no cost.'
            when entity = 'overrides' then 'They wait for their day.'
            else 'They take no part in any number.'
        end as effect
    from ignored_rows
    -- Each date of these is named above.
    where entity not in (
        'stray_sales'{{ "" if setting('as_of_date') else ", 'sales'" }}
    )

),

long_promotions as (

    select
        'promotions' as entity,
        product_id || '|' || coalesce(location_id, 'all') || '|'
        || cast(start_date as varchar) as entity_key,
        'promotion longer than a year' as rule,
        'warning' as severity,
        'Data stewardship' as owner,
        location_id,
        product_id,
        cast(start_date as varchar) || ' to ' || cast(max(end_date) as varchar)
            as detail,
        'The product counts as promoted on all these days. If the year is a slip, mend '
        || 'it; a promotion without an end ends on 9999-12-31.' as effect
    from promotions
    where
        {{ dbt.datediff('start_date', 'end_date', 'day') }} > 366
        and end_date <= cast('{{ var("latest_plausible_date") }}' as date)
    group by location_id, product_id, start_date

),

counted_next_morning as (

    select
        'stock_counts' as entity,
        location_id || '|' || cast(counted_date as varchar) as entity_key,
        'stock count of the next morning' as rule,
        'warning' as severity,
        'Store operations' as owner,
        location_id,
        cast(null as varchar) as product_id,
        cast(count(*) as varchar) || ' counts dated '
        || cast(counted_date as varchar) || ', after the last day that is known'
            as detail,
        'Taken for the stock at the close of ' || cast(count_date as varchar)
        || '. To leave them out, set as_of_date to that day.' as effect
    from morning_counts
    group by location_id, counted_date, count_date

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

vendorless as (

    select
        'products' as entity,
        product_id as entity_key,
        'vendor unknown' as rule,
        'error' as severity,
        'Purchasing' as owner,
        cast(null as varchar) as location_id,
        product_id,
        'The product list names no vendor' as detail,
        'Orders are proposed and cannot be sent; the lead time may be the default.'
            as effect
    from products
    where vendor_id is null and location_count > 0

),

perishing as (

    select
        'stock' as entity,
        recommendations.location_id || '|' || recommendations.product_id
            as entity_key,
        'smallest order perishes' as rule,
        'error' as severity,
        'Purchasing' as owner,
        recommendations.location_id,
        recommendations.product_id,
        'Packs of ' || {{ units_text('order_quantities.pack_size_units') }}
        || ', at least ' || {{ units_text('order_quantities.min_order_units') }}
        || ': what sells in ' || {{ units_text('order_quantities.shelf_life_days') }}
        || ' days does not pay for them' as detail,
        'Nothing is ordered though an order is due: a smaller pack or minimum, a lower '
        || 'cost or a known price is needed, or a planner''s override.' as effect
    from recommendations
    inner join order_quantities
        on
            recommendations.location_id = order_quantities.location_id
            and recommendations.product_id = order_quantities.product_id
    where
        recommendations.addend_shelf_life_units < 0
        and recommendations.proposed_qty_units = 0

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
    where not is_dead

),

lead_times_with_all as (

    -- What the lead time is, and what it would be with every line at its full age.
    select
        everything.vendor_id,
        coalesce(
            'With all such lines the lead time of the vendor would be '
            || {{ units_text('everything.lead_time_mean_days') }} || ' days'
            || coalesce(
                ', deviation ' || {{ units_text('everything.lead_time_sd_days') }}, ''
            )
            || coalesce(
                ', instead of ' || {{ units_text('kept.lead_time_mean_days') }}
                || coalesce(
                    ', deviation ' || {{ units_text('kept.lead_time_sd_days') }}, ''
                ),
                ''
            )
            || '.',
            ''
        ) as lead_time_effect
    from lead_times_by_source as everything
    left join lead_times_by_source as kept
        on everything.vendor_id = kept.vendor_id and kept.rung = 'vendor'
    where everything.rung = 'vendor_unfiltered'

),

dead_lines as (

    select
        'purchase_order_lines' as entity,
        open_lines.po_line_id as entity_key,
        'order line dead' as rule,
        'error' as severity,
        'Purchasing' as owner,
        open_lines.location_id,
        open_lines.product_id,
        'PO ' || open_lines.po_id || ': ' || {{ units_text('open_lines.open_units') }}
        || ' units open for ' || {{ units_text('open_lines.age_days') }}
        || ' days, where ' || {{ units_text('open_lines.typical_days') }}
        || ' are usual' as detail,
        'Not counted on: with it the position would be '
        || {{ units_text('open_lines.open_units') }}
        || ' units higher. Close the line, or have it confirmed.'
        || coalesce(' ' || lead_times_with_all.lead_time_effect, '') as effect
    from open_lines
    left join lead_times_with_all
        on open_lines.vendor_id = lead_times_with_all.vendor_id
    where open_lines.is_dead

),

mistyped_receipts as (

    select
        'purchase_order_lines' as entity,
        purchase_lines.po_line_id as entity_key,
        'lead time not plausible' as rule,
        'warning' as severity,
        'Purchasing' as owner,
        purchase_lines.location_id,
        purchase_lines.product_id,
        'PO ' || purchase_lines.po_id || ': ordered '
        || cast(purchase_lines.ordered_date as varchar) || ', received '
        || cast(purchase_lines.received_date as varchar) || ', where '
        || {{ units_text('lead_times_observed.typical_days') }} || ' days are usual'
            as detail,
        'The units count, the lead time does not.'
        || coalesce(' ' || lead_times_with_all.lead_time_effect, '') as effect
    from lead_times_observed
    inner join purchase_lines
        on lead_times_observed.po_line_id = purchase_lines.po_line_id
    left join lead_times_with_all
        on lead_times_observed.vendor_id = lead_times_with_all.vendor_id
    where lead_times_observed.is_excluded and lead_times_observed.is_received

),

undated_receipts as (

    select
        'purchase_order_lines' as entity,
        po_line_id as entity_key,
        'receipt without a date' as rule,
        'warning' as severity,
        'Store operations' as owner,
        location_id,
        product_id,
        'PO ' || po_id || ': ' || {{ units_text('received_units') }} || ' of '
        || {{ units_text('units') }} || ' units received, on no date' as detail,
        {{ units_text('open_units') }} || ' stay on order. What came is on hand only'
        || ' if it was counted since.' as effect
    from purchase_lines
    where received_date is null and received_units > 0

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

    select * from counted_next_morning

    union all

    select * from stray_sales

    union all

    select * from later_rows

    union all

    select * from long_promotions

    union all

    select * from vendorless

    union all

    select * from perishing

    union all

    select * from unplanned

    union all

    select * from outlasting

    union all

    select * from guessed_lead_times

    union all

    select * from overdue

    union all

    select * from dead_lines

    union all

    select * from mistyped_receipts

    union all

    select * from undated_receipts

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
