with

recommendations as (

    select * from {{ ref('fct_reorder_recommendations') }}
    where order_qty_units > 0

),

vendors as (

    select * from {{ ref('dim_vendors') }}

),

scorecards as (

    select
        vendor_id,
        freight_rate
    from {{ ref('fct_vendor_scorecards') }}

),

decisions as (

    select * from {{ ref('int_proposals_decided') }}

),

filled as (

    select
        vendor_id,
        location_id,
        sum(case when added_units > 0 then 1 else 0 end) as filled_line_count,
        {{ exact_sum('added_units') }} as added_units,
        {{ exact_sum('added_value') }} as added_value,
        {{ exact_sum('added_holding_cost') }} as fill_cost,
        max(added_cover_days) as longest_added_cover_days
    from {{ ref('fct_purchase_proposal_lines') }}
    group by vendor_id, location_id

),

summed as (

    select
        coalesce(vendor_id, 'unknown') as vendor_id,
        location_id,
        min(as_of_date) as as_of_date,
        count(*) as line_count,
        {{ exact_sum('order_qty_units') }} as order_units,
        -- One line without a cost leaves the order's value unknown.
        case when count(*) = count(order_value) then {{ exact_sum('order_value') }} end
            as order_value,
        count(*) filter (where stockout_probability >= 0.5) as urgent_line_count,
        {{ exact_sum('expected_lost_margin') }} as expected_lost_margin
    from recommendations
    group by coalesce(vendor_id, 'unknown'), location_id

),

judged as (

    select
        summed.*,
        coalesce(vendors.vendor_name, 'vendor missing') as vendor_name,
        -- A quantity that was changed since is not what was decided on.
        case
            when vendors.vendor_id is null then 'no_vendor'
            when
                summed.order_value is null
                or abs(summed.order_value - decisions.order_value) < 0.005
                then decisions.decision
            when summed.order_value < vendors.min_order_value then 'hold'
            else 'release'
        end as decision,
        coalesce(vendors.min_order_value, 0) as vendor_min_order_value,
        decisions.waiting_cost,
        decisions.minimum_fill_cost,
        coalesce(filled.filled_line_count, 0) as filled_line_count,
        coalesce(filled.added_units, 0) as added_units,
        coalesce(filled.added_value, 0) as added_value,
        coalesce(filled.fill_cost, 0) as fill_cost,
        filled.longest_added_cover_days,
        summed.order_value + coalesce(filled.added_value, 0) as proposal_value,
        {{ at_least_zero(
            '(coalesce(vendors.min_order_value, 0) - summed.order_value)'
        ) }}
            as missing_to_minimum_value,
        case
            when
                summed.order_value + coalesce(filled.added_value, 0)
                >= decisions.free_freight_value
                then 0
            when decisions.freight_per_order is not null
                then decisions.freight_per_order
            else
                (summed.order_value + coalesce(filled.added_value, 0))
                * coalesce(scorecards.freight_rate, 0)
        end as freight_estimate,
        case
            when
                filled.added_value > 0
                and summed.order_value < decisions.free_freight_value
                and summed.order_value + filled.added_value
                >= decisions.free_freight_value
                then decisions.freight_per_order
        end as saved_freight
    from summed
    left join decisions
        on
            summed.vendor_id = decisions.vendor_id
            and summed.location_id = decisions.location_id
    left join filled
        on
            summed.vendor_id = filled.vendor_id
            and summed.location_id = filled.location_id
    left join vendors
        on summed.vendor_id = vendors.vendor_id
    left join scorecards
        on summed.vendor_id = scorecards.vendor_id

),

decided as (

    select
        vendor_id,
        location_id,
        as_of_date,
        vendor_name,
        coalesce(decision, 'release') as decision,
        cast(line_count as integer) as line_count,
        cast(order_units as double) as order_units,
        cast(order_value as double) as order_value,
        cast(filled_line_count as integer) as filled_line_count,
        cast(added_units as double) as added_units,
        cast(added_value as double) as added_value,
        cast(proposal_value as double) as proposal_value,
        cast(vendor_min_order_value as double) as vendor_min_order_value,
        cast(missing_to_minimum_value as double) as missing_to_minimum_value,
        cast(case
            when decision = 'hold' then minimum_fill_cost else fill_cost
        end as double) as fill_cost,
        cast(waiting_cost as double) as waiting_cost,
        cast(freight_estimate as double) as freight_estimate,
        cast(expected_lost_margin as double) as expected_lost_margin,
        cast(urgent_line_count as integer) as urgent_line_count,
        coalesce(decision = 'hold', false) as is_held,
        case
            when decision = 'no_vendor'
                then
                    'Vendor missing for ' || cast(line_count as varchar)
                    || ' lines: name one in the product list before they can be sent.'
            when order_value is null
                then 'A line has no unit cost: price it before the order is sent.'
            when decision = 'release'
                then
                    'Release: '
                    || cast(line_count as varchar) || ' lines.'
            when decision = 'hold'
                then
                    'Held: ' || {{ money_text('missing_to_minimum_value') }}
                    || ' short of the vendor''s minimum; waiting for the next review '
                    || coalesce(
                        'costs ' || {{ money_text('waiting_cost') }},
                        'has no known cost'
                    )
                    || coalesce(
                        ', filling it ' || {{ money_text('minimum_fill_cost') }},
                        ', and nothing sells that could fill it'
                    )
                    || '; ' || cast(urgent_line_count as varchar)
                    || ' lines more likely to run out than not.'
            else
                'Filled with ' || {{ money_text('added_value') }} || ' on '
                || cast(filled_line_count as varchar) || ' lines, at most '
                || {{ units_text('longest_added_cover_days') }}
                || ' days of cover more, '
                || case
                    when decision = 'fill_minimum' then 'to the vendor''s minimum'
                    else 'to free freight'
                end
                || '; holding it costs ' || {{ money_text('fill_cost') }}
                || case
                    when saved_freight > 0
                        then
                            ' and saves ' || {{ money_text('saved_freight') }}
                            || ' of freight'
                    else ''
                end
                || case
                    when missing_to_minimum_value > 0
                        then
                            ', waiting for the next review '
                            || {{ money_text('waiting_cost') }}
                    else ''
                end
                || '.'
        end as reason
    from judged

)

select * from decided
