with

open_lines as (

    select * from {{ ref('int_open_purchase_lines') }}

),

due as (

    select * from {{ ref('int_open_lines_due') }}

),

late_receipts as (

    select * from {{ ref('int_late_receipts_simulated') }}

),

recommended_orders as (

    select * from {{ ref('int_recommended_orders') }}
    where scenario = 'base'

),

order_quantities as (

    select * from {{ ref('int_economic_order_quantities') }}

),

action_costs as (

    select
        min(case when action = 'expedite' then cost_per_line end) as expedite_line_cost,
        min(case when action = 'expedite' then cost_per_unit end) as expedite_unit_cost,
        min(case when action = 'defer' then cost_per_line end) as defer_line_cost,
        min(case when action = 'defer' then cost_per_unit end) as defer_unit_cost,
        min(case when action = 'cancel' then cost_per_line end) as cancel_line_cost,
        min(case when action = 'cancel' then cost_per_unit end) as cancel_unit_cost
    from {{ ref('stock_action_costs') }}

),

projected as (

    -- Stock before a line: what is on hand and what arrives before it.
    select
        open_lines.*,
        due.on_hand_units,
        due.on_hand_units + {{ exact_sum(
            'due.open_units',
            over='(
                partition by due.location_id, due.product_id
                order by due.receipt_days, due.po_line_id
                rows between unbounded preceding and current row
            )'
        ) }} - due.open_units as stock_before_units,
        late_receipts.stockout_probability,
        late_receipts.expected_short_units,
        late_receipts.expected_stock_units,
        recommended_orders.demand_per_day_units,
        recommended_orders.pack_size_units,
        {{ at_least_zero('recommended_orders.safety_stock_units') }}
            as buffer_units,
        order_quantities.review_days,
        order_quantities.shelf_life_days,
        coalesce(order_quantities.shelf_life_days, 365) as horizon_days,
        order_quantities.holding_cost_per_unit_year,
        order_quantities.shortage_cost_per_unit
    from open_lines
    left join due
        on open_lines.po_line_id = due.po_line_id
    left join late_receipts
        on open_lines.po_line_id = late_receipts.po_line_id
    left join recommended_orders
        on
            open_lines.location_id = recommended_orders.location_id
            and open_lines.product_id = recommended_orders.product_id
    left join order_quantities
        on
            open_lines.location_id = order_quantities.location_id
            and open_lines.product_id = order_quantities.product_id

),

measured as (

    select
        *,
        -- Without demand a line is never needed; beyond ten years nobody plans.
        cast(case
            when demand_per_day_units > 0 and stock_before_units is not null
                then least(floor(
                    {{ at_least_zero('(stock_before_units - buffer_units)') }}
                    / demand_per_day_units
                ), 3650)
        end as integer) as needed_after_days,
        {{ packs_down(
            'least(open_units, greatest(0, stock_before_units + open_units'
            ~ ' - demand_per_day_units * horizon_days))',
            'pack_size_units'
        ) }} * pack_size_units as surplus_units
    from projected

),

valued as (

    select
        measured.*,
        measured.needed_after_days - measured.receipt_days as early_days,
        measured.expected_short_units * measured.shortage_cost_per_unit
            as expedite_value,
        action_costs.expedite_line_cost
        + action_costs.expedite_unit_cost * measured.open_units as expedite_cost,
        -- What perishes is lost; what keeps is held for a year or more.
        measured.surplus_units * case
            when measured.shelf_life_days is not null then measured.unit_cost
            else measured.holding_cost_per_unit_year
        end as cancel_value,
        action_costs.cancel_line_cost
        + action_costs.cancel_unit_cost * measured.surplus_units as cancel_cost,
        measured.open_units * measured.holding_cost_per_unit_year
        * (measured.needed_after_days - measured.receipt_days) / 365.0 as defer_value,
        action_costs.defer_line_cost
        + action_costs.defer_unit_cost * measured.open_units as defer_cost
    from measured
    cross join action_costs

),

decided as (

    select
        *,
        case
            when is_dead then 'close'
            when on_hand_units is null or demand_per_day_units is null then 'unknown'
            when expected_short_units > 0 and expedite_value > expedite_cost
                then 'expedite'
            when surplus_units > 0 and cancel_value > cancel_cost then 'cancel'
            when early_days >= review_days and defer_value > defer_cost then 'defer'
            else 'keep'
        end as proposed_action
    from valued

),

effected as (

    select
        *,
        case proposed_action
            when 'expedite' then expected_short_units
            when 'cancel' then surplus_units
            when 'defer' then open_units
            when 'keep' then 0
            when 'close' then 0
        end as effect_units,
        case proposed_action
            when 'expedite' then expedite_value
            when 'cancel' then cancel_value
            when 'defer' then defer_value
            when 'keep' then 0
            when 'close' then 0
        end as saved_value,
        case proposed_action
            when 'expedite' then expedite_cost
            when 'cancel' then cancel_cost
            when 'defer' then defer_cost
            when 'keep' then 0
            when 'close' then 0
        end as action_cost,
        case proposed_action
            when 'cancel' then surplus_units * unit_cost
            when 'defer' then open_units * unit_cost
            when 'expedite' then 0
            when 'keep' then 0
            when 'close' then 0
        end as released_value,
        case
            when proposed_action = 'defer'
                then {{ dbt.dateadd('day', 'needed_after_days', 'decided_date') }}
        end as deferred_to_date
    from decided

),

explained as (

    select
        *,
        case
            when proposed_action = 'expedite'
                then
                    'Expedite: the shelf is empty before '
                    || cast(expected_receipt_date as varchar) || ' with probability '
                    || cast(
                        cast(100 * stockout_probability as decimal(9, 0)) as varchar
                    )
                    || ' %; now, the line would still sell '
                    || {{ units_text('expected_short_units') }}
                    || ' units that are else lost.'
            when proposed_action = 'cancel'
                then
                    'Cancel ' || {{ units_text('surplus_units') }} || ' of '
                    || {{ units_text('open_units') }} || ': with '
                    || {{ units_text('stock_before_units') }}
                    || ' there before, they would not sell within '
                    || {{ units_text('horizon_days') }} || ' days.'
            when proposed_action = 'defer'
                then
                    'Defer to ' || cast(cast(deferred_to_date as date) as varchar)
                    || ': ' || {{ units_text('stock_before_units') }}
                    || ' there before last ' || {{ units_text('early_days') }}
                    || ' days longer, with the safety stock untouched.'
            when proposed_action = 'close'
                then
                    'Close it, or have it confirmed: open for '
                    || {{ units_text('age_days') }} || ' days, where '
                    || {{ units_text('typical_days') }}
                    || ' are usual. It is not counted on.'
            when proposed_action = 'unknown'
                then case
                    when on_hand_units is null
                        then 'Not judged: the stock here has never been counted.'
                    else 'Not judged: demand could not be forecast.'
                end
            when not is_in_time and coalesce(expected_short_units, 0) = 0
                then
                    'Keep: it comes after the time that an order of today protects, '
                    || 'and is not counted in it.'
            when expected_short_units > 0 and expedite_value is null
                then 'Keep: what it comes too late for has no known cost.'
            when expected_short_units > 0
                then
                    'Keep: it comes too late for '
                    || {{ units_text('expected_short_units') }}
                    || ' units, which are worth less than hurrying it.'
            else 'Keep: it comes neither late nor early.'
        end as reason
    from effected

),

published as (

    select
        po_line_id,
        po_id,
        vendor_id,
        location_id,
        product_id,
        as_of_date,
        ordered_date,
        expected_receipt_date,
        is_late,
        cast(open_units as double) as open_units,
        cast(open_units * unit_cost as double) as open_value,
        cast(stock_before_units as double) as stock_before_units,
        cast(expected_stock_units as double) as expected_stock_units,
        cast(stockout_probability as double) as stockout_probability,
        cast(expected_short_units as double) as expected_short_units,
        cast({{ dbt.dateadd('day', 'needed_after_days', 'decided_date') }} as date)
            as needed_by_date,
        proposed_action,
        cast(deferred_to_date as date) as deferred_to_date,
        cast(effect_units as double) as effect_units,
        cast(saved_value as double) as saved_value,
        cast(action_cost as double) as action_cost,
        cast(released_value as double) as released_value,
        reason
    from explained

)

select * from published
