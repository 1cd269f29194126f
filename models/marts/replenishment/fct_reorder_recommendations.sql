with

positions as (

    select * from {{ ref('int_stock_positions') }}

),

recommended_orders as (

    select * from {{ ref('int_recommended_orders') }}
    where scenario = 'base'

),

simulated as (

    select * from {{ ref('int_lead_time_demand_simulated') }}
    where scenario = 'base'

),

rules as (

    select
        segment,
        target, -- noqa: RF04
        evidence
    from {{ ref('int_order_rules_in_force') }}

),

order_quantities as (

    select * from {{ ref('int_economic_order_quantities') }}

),

policies as (

    select * from {{ ref('int_policies_resolved') }}

),

periods as (

    select period_days from {{ ref('input_as_of') }}

),

joined as (

    select
        positions.location_id,
        positions.product_id,
        order_quantities.vendor_id,
        positions.as_of_date,
        periods.period_days,
        positions.decided_date,
        positions.is_discontinued,
        positions.life_cycle_reason,
        positions.on_hand_units,
        positions.on_order_units,
        positions.on_order_in_time_units,
        positions.late_units,
        positions.committed_units,
        recommended_orders.inventory_position_units,
        positions.next_receipt_date,
        recommended_orders.lead_time_demand_units,
        recommended_orders.safety_stock_units,
        recommended_orders.reorder_point_units,
        recommended_orders.cycle_stock_units,
        recommended_orders.order_up_to_units,
        recommended_orders.demand_per_day_units,
        recommended_orders.protection_days,
        recommended_orders.shelf_life_days,
        recommended_orders.proposed_unit_cost,
        recommended_orders.order_unit_cost,
        recommended_orders.pack_size_units,
        recommended_orders.need_units,
        recommended_orders.lost_before_arrival_units,
        recommended_orders.rounding_units,
        recommended_orders.not_needed_units,
        recommended_orders.shelf_life_units,
        recommended_orders.price_break_units,
        recommended_orders.proposed_qty_units,
        recommended_orders.override_qty_units,
        recommended_orders.override_units,
        recommended_orders.override_reason,
        recommended_orders.planner,
        recommended_orders.order_qty_units,
        recommended_orders.order_rule,
        rules.evidence as order_rule_evidence,
        policies.target,
        policies.service_level,
        -- Of a stock never counted nobody can say when it runs out.
        case
            when positions.on_hand_units is not null
                then simulated.stockout_probability
        end as stockout_probability,
        case
            when positions.on_hand_units is not null
                then simulated.expected_short_units
        end as expected_short_units,
        case
            when positions.on_hand_units is not null
                then simulated.expected_lost_margin
        end as expected_lost_margin,
        case
            when positions.on_hand_units is not null
                then simulated.expected_stockout_periods
        end as expected_stockout_periods,
        simulated.max_service_supported,
        simulated.method
    from positions
    cross join periods
    inner join order_quantities
        on
            positions.location_id = order_quantities.location_id
            and positions.product_id = order_quantities.product_id
    inner join policies
        on
            positions.location_id = policies.location_id
            and positions.product_id = policies.product_id
    inner join recommended_orders
        on
            positions.location_id = recommended_orders.location_id
            and positions.product_id = recommended_orders.product_id
    left join simulated
        on
            positions.location_id = simulated.location_id
            and positions.product_id = simulated.product_id
    left join rules
        on
            simulated.segment = rules.segment
            and simulated.target = rules.target

),

dated as (

    select
        *,
        cast(case
            when order_qty_units > 0 then as_of_date
            when
                inventory_position_units > reorder_point_units
                and demand_per_day_units > 0
                then {{ dbt.dateadd(
                    'day',
                    'cast(least(floor((
                        inventory_position_units - reorder_point_units
                    ) / demand_per_day_units), 3650) as integer)',
                    'decided_date'
                ) }}
        end as date) as order_by_date,
        cast({{ dbt.dateadd(
            'day', 'cast(ceil(protection_days) as integer)', 'decided_date'
        ) }} as date) as protected_until_date,
        cast(case
            when expected_stockout_periods is not null
                then {{ dbt.dateadd(
                    'day',
                    'cast(greatest(ceil(
                        expected_stockout_periods * period_days
                    ), 1) as integer)',
                    'decided_date'
                ) }}
        end as date) as expected_stockout_date,
        case
            when on_order_units > on_order_in_time_units
                then
                    '; another ' || {{ units_text(
                        'on_order_units - on_order_in_time_units'
                    ) }}
                    || ' on order will come too late to count'
            else ''
        end as too_late_text
    from joined

),

explained as (

    select
        *,
        case
            when override_qty_units is not null
                then
                    'Override' || coalesce(' by ' || planner, '') || ': order '
                    || {{ units_text('override_qty_units') }} || ' instead of '
                    || coalesce(
                        {{ units_text('proposed_qty_units') }}, 'an unknown quantity'
                    )
                    || ' (' || coalesce(override_reason, 'no reason given')
                    || '). Without it: '
            else ''
        end
        || case
            when is_discontinued
                then
                    'No order: discontinued, ' || coalesce(life_cycle_reason, '')
                    || '.'
            when inventory_position_units is null
                then 'No order can be proposed: the stock here has never been counted.'
            when reorder_point_units is null
                then 'No order can be proposed: ' || coalesce(
                    method, 'the history is too short to forecast'
                ) || '.'
            when proposed_qty_units > 0
                then
                    'Order ' || {{ units_text('proposed_qty_units') }}
                    || case
                        when pack_size_units > 1
                            then
                                ' (' || {{ units_text(
                                'proposed_qty_units / pack_size_units'
                            ) }} || ' packs of ' || {{ units_text('pack_size_units') }}
                                || ')'
                        else ''
                    end
                    || ': ' || {{ units_text('lead_time_demand_units') }}
                    || ' expected until ' || cast(protected_until_date as varchar)
                    || case
                        when safety_stock_units >= 0 then ' + ' else ' - '
                    end
                    || {{ units_text('abs(safety_stock_units)') }} || ' safety for '
                    || case
                        when target = 'cost' then 'least cost'
                        else cast(
                            cast(100 * service_level as decimal(9, 1)) as varchar
                        ) || ' % ' || replace(target, '_', ' ')
                    end
                    || case
                        when order_rule = 'textbook'
                            then
                                ' by the textbook' || case order_rule_evidence
                                    when 'too few cycles'
                                        then ', too few orders replayed to tell'
                                    else ', cheapest in the replay'
                                end
                        else ''
                    end
                    || case
                        when order_rule = 'textbook' then ''
                        when target = 'cost' or method = 'zero forecast' then ''
                        when max_service_supported = 0
                            then ' (no past errors to learn it from)'
                        when service_level > max_service_supported
                            then
                                ' (past errors support '
                                || cast(cast(
                                    100 * max_service_supported as decimal(9, 1)
                                ) as varchar)
                                || ' %)'
                        else ''
                    end
                    || case
                        when cycle_stock_units > 0
                            then
                                ' + ' || {{ units_text('cycle_stock_units') }}
                                || ' to an economic lot'
                        else ''
                    end
                    || ', less ' || {{ units_text('on_hand_units') }} || ' on hand and '
                    || {{ units_text('on_order_in_time_units') }} || ' on order'
                    || case
                        when lost_before_arrival_units > 0
                            then
                                ' and ' || {{ units_text('lost_before_arrival_units') }}
                                || ' that will be lost before it can come'
                        else ''
                    end
                    || case
                        when abs(rounding_units) > 1e-9
                            then '; rounded up from ' || {{ units_text('need_units') }}
                        else ''
                    end
                    || case
                        when shelf_life_units < 0
                            then
                                '; ' || {{ units_text('-shelf_life_units') }}
                                || ' fewer, for the shelf life of '
                                || {{ units_text('shelf_life_days') }} || ' days'
                        else ''
                    end
                    || case
                        when price_break_units > 0
                            then
                                '; ' || {{ units_text('price_break_units') }}
                                || ' more, for a price of '
                                || cast(
                                    cast(proposed_unit_cost as decimal(18, 2))
                                    as varchar
                                )
                        else ''
                    end
                    || case
                        when late_units > 0
                            then
                                '; ' || {{ units_text('late_units') }}
                                || ' of what is on order is overdue'
                        else ''
                    end
                    || too_late_text || '.'
            when shelf_life_units < 0
                then
                    'No order today: the smallest order would outlive the shelf life '
                    || 'of ' || {{ units_text('shelf_life_days') }} || ' days.'
            else
                'No order today: ' || {{ units_text('inventory_position_units') }}
                || ' on hand and on order is above the reorder point of '
                || {{ units_text('reorder_point_units') }}
                || too_late_text || '.'
        end as explanation
    from dated

),

ranked as (

    select
        *,
        case when order_qty_units > 0 then row_number() over (
            partition by case when order_qty_units > 0 then 1 else 0 end
            order by
                expected_lost_margin desc nulls last,
                stockout_probability desc nulls last,
                location_id asc,
                product_id asc
        ) end as priority_rank
    from explained

),

published as (

    select
        location_id,
        product_id,
        vendor_id,
        as_of_date,
        cast(on_hand_units as double) as on_hand_units,
        cast(on_order_units as double) as on_order_units,
        cast(on_order_in_time_units as double) as on_order_in_time_units,
        cast(committed_units as double) as committed_units,
        cast(inventory_position_units as double) as inventory_position_units,
        cast(lead_time_demand_units as double) as lead_time_demand_units,
        cast(safety_stock_units as double) as safety_stock_units,
        cast(reorder_point_units as double) as reorder_point_units,
        cast(order_up_to_units as double) as order_up_to_units,
        cast(order_qty_units as double) as order_qty_units,
        cast(order_qty_units * order_unit_cost as double) as order_value,
        cast(lead_time_demand_units as double) as addend_lead_time_demand_units,
        cast(safety_stock_units as double) as addend_safety_stock_units,
        cast(cycle_stock_units as double) as addend_cycle_stock_units,
        cast(0 - on_hand_units as double) as addend_on_hand_units,
        cast(0 - on_order_in_time_units as double) as addend_on_order_units,
        cast(committed_units as double) as addend_committed_units,
        cast(0 - lost_before_arrival_units as double)
            as addend_lost_before_arrival_units,
        cast(rounding_units as double) as addend_rounding_units,
        cast(shelf_life_units as double) as addend_shelf_life_units,
        cast(price_break_units as double) as addend_price_break_units,
        cast(not_needed_units as double) as addend_not_needed_units,
        cast(override_units as double) as addend_override_units,
        cast(proposed_qty_units as double) as proposed_qty_units,
        override_qty_units is not null as is_overridden,
        override_reason,
        order_by_date,
        protected_until_date,
        next_receipt_date,
        expected_stockout_date,
        cast(stockout_probability as double) as stockout_probability,
        cast(expected_short_units as double) as expected_short_units,
        cast(expected_lost_margin as double) as expected_lost_margin,
        cast(priority_rank as integer) as priority_rank,
        is_discontinued,
        order_rule,
        order_rule_evidence,
        explanation
    from ranked

)

select * from published
