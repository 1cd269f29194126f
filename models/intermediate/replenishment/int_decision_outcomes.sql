{#-
    What each decision cost in the demand and lead time that came, against perfect
    hindsight. One cause at a time takes the place of hindsight, in the order of
    `steps`; each cause is charged with what its step adds, so the parts sum to the
    whole.
-#}
{%- set steps = [
    ('lead_time', 'lead_time_error', 'hindsight'),
    ('forecast', 'forecast_error', 'lead_time'),
    ('policy', 'policy', 'forecast'),
    ('rounded', 'rounding', 'policy'),
    ('budgeted', 'budget', 'rounded'),
    ('decided', 'override', 'budgeted'),
] -%}

with

decisions as (

    select * from {{ ref('int_decisions_latest') }}

),

intervals as (

    select * from {{ ref('int_decision_intervals') }}

),

demand as (

    select * from {{ ref('int_decision_demand') }}

),

joined as (

    -- Of the days to come the forecast made then still holds.
    select
        decisions.*,
        intervals.planned_days,
        intervals.real_days,
        intervals.real_lead_time_days,
        intervals.observed_days,
        intervals.placed_units,
        intervals.is_final,
        demand.sold_to_real_end_units,
        {%- for instant, days in {
            'planned_arrival': 'intervals.planned_days - intervals.review_days',
            'planned_end': 'intervals.planned_days',
            'real_arrival': 'intervals.real_days - intervals.review_days',
            'real_end': 'intervals.real_days',
        }.items() %}
        demand.demand_to_{{ instant }}_units
        + decisions.demand_per_day_units
        * {{ at_least_zero('(' ~ days ~ ' - intervals.observed_days)') }}
            as to_{{ instant }}_units,
        {%- endfor %}
        case
            when intervals.is_final
                then
                    decisions.on_hand_units
                    + intervals.arrived_units
                    - decisions.committed_units
            else decisions.inventory_position_units
        end as available_units,
        decisions.holding_cost_per_unit_year / 365e0 * decisions.review_days
            as overage_cost,
        decisions.shortage_cost_per_unit as underage_cost,
        coalesce(decisions.order_cost, 0) as order_cost_known
    from decisions
    inner join intervals
        on
            decisions.run_id = intervals.run_id
            and decisions.location_id = intervals.location_id
            and decisions.product_id = intervals.product_id
    inner join demand
        on
            decisions.run_id = demand.run_id
            and decisions.location_id = demand.location_id
            and decisions.product_id = demand.product_id

),

servable as (

    -- What runs short before an order can arrive is lost, whatever is ordered.
    select
        *,
        {{ at_least_zero('(to_real_arrival_units - available_units)') }}
            as lost_before_units,
        to_real_end_units
        - {{ at_least_zero('(to_real_arrival_units - available_units)') }}
            as real_demand_units,
        to_planned_end_units
        - {{ at_least_zero('(to_planned_arrival_units - inventory_position_units)') }}
            as planned_demand_units,
        lead_time_demand_units
        - {{ at_least_zero(
            '(demand_during_lead_time_units - inventory_position_units)'
        ) }} as forecast_demand_units
    from joined

),

ordered as (

    select
        *,
        {%- for quantity, available, demand in [
            ('hindsight', 'available', 'real'),
            ('lead_time', 'inventory_position', 'planned'),
            ('forecast_known', 'inventory_position', 'forecast'),
        ] %}
        {{ least_cost_order_units(
            available ~ '_units',
            demand ~ '_demand_units',
            'overage_cost',
            'underage_cost',
            'order_cost_known'
        ) }} as {{ quantity }}_qty_units,
        {%- endfor %}
        {{ needed_units(
            'inventory_position_units + coalesce(lost_before_arrival_units, 0)',
            'reorder_point_units',
            'order_up_to_units'
        ) }} as policy_known_qty_units
    from servable

),

chained as (

    -- Without a forecast or a level there is no such step: it adds nothing.
    select
        *,
        coalesce(forecast_known_qty_units, lead_time_qty_units)
            as forecast_qty_units,
        coalesce(
            policy_known_qty_units, forecast_known_qty_units, lead_time_qty_units
        ) as policy_qty_units,
        coalesce(
            proposed_qty_units,
            policy_known_qty_units,
            forecast_known_qty_units,
            lead_time_qty_units
        ) as rounded_qty_units,
        coalesce(
            budgeted_qty_units,
            proposed_qty_units,
            policy_known_qty_units,
            forecast_known_qty_units,
            lead_time_qty_units
        ) as bought_qty_units,
        order_qty_units as decided_qty_units
    from ordered

),

costed as (

    select
        *,
        {%- for step, quantity in [
            ('hindsight', 'hindsight'), ('lead_time', 'lead_time'),
            ('forecast', 'forecast'), ('policy', 'policy'), ('rounded', 'rounded'),
            ('budgeted', 'bought'), ('decided', 'decided'),
        ] %}
        {{ decision_cost(
            quantity ~ '_qty_units',
            'available_units',
            'real_demand_units',
            'overage_cost',
            'underage_cost',
            'order_cost_known'
        ) }} + underage_cost * lost_before_units as {{ step }}_cost,
        {%- endfor %}
        {{ at_least_zero('(available_units + order_qty_units - real_demand_units)') }}
            as left_units,
        {{ at_least_zero('(real_demand_units - available_units - order_qty_units)') }}
        + lost_before_units as short_units,
        {{ order_cost_used(
            'order_qty_units',
            'available_units',
            'real_demand_units',
            'order_cost_known'
        ) }} as ordering_cost
    from chained

),

split as (

    select
        run_id,
        location_id,
        product_id,
        case when is_final then 'final' else 'provisional' end as outcome_status,
        observed_days,
        real_lead_time_days,
        cast(to_real_end_units as double) as demand_units,
        cast(sold_to_real_end_units as double) as sold_units,
        cast(available_units as double) as available_units,
        placed_units,
        cast(left_units as double) as left_units,
        cast(short_units as double) as short_units,
        cast(hindsight_qty_units as double) as hindsight_qty_units,
        cast(overage_cost * left_units as double) as holding_cost,
        cast(underage_cost * short_units as double) as shortage_cost,
        cast(case when decided_cost is not null then ordering_cost end as double)
            as ordering_cost,
        cast(decided_cost as double) as decision_cost,
        cast(hindsight_cost as double) as hindsight_cost,
        {%- for step, cause, earlier in steps %}
        cast(case
            when decided_cost is not null then {{ step }}_cost - {{ earlier }}_cost
        end as double) as cost_of_{{ cause }},
        {%- endfor %}
        cast(decided_cost - hindsight_cost as double) as excess_cost
    from costed

)

select * from split
