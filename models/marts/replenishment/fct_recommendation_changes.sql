{#-
    The order rule is applied to the last run's inputs and to today's, with one group of
    inputs after the other replaced; each cause is what its step moves, so the parts sum
    to the change. Forecasting code that moved is part of model and demand; only
    `make impact` can tell it apart.
-#}
{%- set steps = [
    'code', 'stock', 'lead_time', 'model', 'demand', 'parameter', 'budget', 'override',
] -%}

with

today as (

    select * from {{ ref('int_decisions') }}

),

last_run as (

    select max(past.as_of_date) as as_of_date
    from {{ ref('int_decisions_latest') }} as past
    cross join {{ ref('input_as_of') }} as as_of
    where
        past.source_system = '{{ setting("source_system") }}'
        and past.planning_period = '{{ setting("planning_period") }}'
        and past.as_of_date < as_of.as_of_date

),

before as (

    -- The last run of this chain before today's as-of date.
    select ledger.*
    from {{ ref('int_decisions_latest') }} as ledger
    inner join last_run
        on ledger.as_of_date = last_run.as_of_date
    where
        ledger.source_system = '{{ setting("source_system") }}'
        and ledger.planning_period = '{{ setting("planning_period") }}'

),

elapsed as (

    select
        elapsed_periods,
        period_days
    from {{ ref('int_forecast_settings') }}

),

live_sums as (

    -- What every model says today of the protection interval.
    select
        forecasts.location_id,
        forecasts.product_id,
        forecasts.model,
        {{ exact_sum(
            'forecasts.forecast_units * ('
            ~ protection_weight(
                'forecasts.horizon',
                '(elapsed.elapsed_periods + today.protection_days'
                ~ ' / elapsed.period_days)'
            )
            ~ ' - '
            ~ protection_weight('forecasts.horizon', 'elapsed.elapsed_periods')
            ~ ')'
        ) }} as forecast_sum_units
    from {{ ref('int_forecasts_planned') }} as forecasts
    cross join elapsed
    inner join today
        on
            forecasts.location_id = today.location_id
            and forecasts.product_id = today.product_id
    group by forecasts.location_id, forecasts.product_id, forecasts.model

),

paired as (

    select
        today.run_id,
        today.location_id,
        today.product_id,
        today.as_of_date,
        before.run_id as last_run_id,
        before.as_of_date as last_as_of_date,
        before.code_version as last_code_version,
        today.code_version,
        before.model as last_model,
        today.model,
        before.order_qty_units as last_order_qty_units,
        today.order_qty_units,
        before.override_qty_units as last_override_qty_units,
        today.override_qty_units,
        before.proposed_qty_units as last_proposed_qty_units,
        today.proposed_qty_units,
        before.budgeted_qty_units as last_budgeted_qty_units,
        today.budgeted_qty_units,
        -- What is lost before an order can come is as good as served.
        before.inventory_position_units
        + coalesce(before.lost_before_arrival_units, 0) as last_position_units,
        today.inventory_position_units
        + coalesce(before.lost_before_arrival_units, 0) as stock_position_units,
        today.inventory_position_units
        + coalesce(today.lost_before_arrival_units, 0) as position_units,
        before.target as last_target,
        before.price_break_units as last_price_break_units,
        before.reorder_point_units as last_point_units,
        before.order_up_to_units as last_level_units,
        today.reorder_point_units as point_units,
        today.order_up_to_units as level_units,
        before.pack_size_units as last_pack_units,
        before.min_order_units as last_min_units,
        before.shelf_life_stock_units as last_shelf_units,
        today.pack_size_units as pack_units,
        today.min_order_units as min_units,
        today.shelf_life_stock_units as shelf_units,
        before.lead_time_demand_units as last_demand_units,
        today.lead_time_demand_units as demand_units,
        before.safety_stock_units as last_safety_units,
        today.safety_stock_units as safety_units,
        before.cycle_stock_units as last_cycle_units,
        today.cycle_stock_units as cycle_units,
        -- The lead time alone: a longer interval at the demand and spread of then.
        (today.lead_time_mean_days + before.review_days)
        / nullif(before.protection_days, 0) as interval_ratio,
        case
            when before.model <> today.model
                then
                    coalesce(
                        now_model.forecast_sum_units - then_model.forecast_sum_units,
                        0
                    )
            else 0
        end as model_units,
        -- The new demand without what a longer or shorter review adds.
        (today.lead_time_mean_days + before.review_days)
        / nullif(today.protection_days, 0) as review_ratio,
        coalesce(before.target, '') <> coalesce(today.target, '')
        {%- for parameter in ['service_level', 'review_days'] %}
        or coalesce(before.{{ parameter }}, -1) <> coalesce(today.{{ parameter }}, -1)
        {%- endfor %}
        or (
            today.target = 'cost'
            and (
                coalesce(before.holding_cost_per_unit_year, -1)
                <> coalesce(today.holding_cost_per_unit_year, -1)
                or coalesce(before.shortage_cost_per_unit, -1)
                <> coalesce(today.shortage_cost_per_unit, -1)
            )
        ) as is_target_changed,
        {% for cost in ['holding_cost_per_unit_year', 'order_cost', 'review_days'] -%}
        {{ 'or ' if not loop.first -}}
        coalesce(before.{{ cost }}, -1) <> coalesce(today.{{ cost }}, -1)
        {% endfor -%} as is_lot_changed
    from today
    left join before
        on
            today.location_id = before.location_id
            and today.product_id = before.product_id
    left join live_sums as now_model
        on
            today.location_id = now_model.location_id
            and today.product_id = now_model.product_id
            and today.model = now_model.model
    left join live_sums as then_model
        on
            today.location_id = then_model.location_id
            and today.product_id = then_model.product_id
            and before.model = then_model.model

),

moved as (

    -- Levels after each step. Safety stock and lot follow demand, unless a target or
    -- a cost has changed: then they wait for that step.
    select
        *,
        {{ whole_units(
            'last_demand_units * interval_ratio'
            ~ ' + last_safety_units * sqrt(interval_ratio)',
            'last_target'
        ) }} as lead_time_point_units,
        {{ whole_units(
            'greatest(last_demand_units * interval_ratio + model_units, 0)'
            ~ ' + last_safety_units * sqrt(interval_ratio)',
            'last_target'
        ) }} as model_point_units,
        case
            when is_target_changed
                then {{ whole_units(
                    'demand_units * review_ratio'
                    ~ ' + last_safety_units * sqrt(interval_ratio)',
                    'last_target'
                ) }}
            else point_units
        end as demand_point_units,
        case when is_lot_changed then last_cycle_units else cycle_units end
            as demand_cycle_units
    from paired

),

stepped as (

    select
        *,
        {%- for step, position, point, level, shelf in [
            ('code', 'last_position', 'last_point', 'last_level_units', 'last_shelf'),
            ('stock', 'stock_position', 'last_point', 'last_level_units', 'last_shelf'),
            ('lead_time', 'stock_position', 'lead_time_point',
             'lead_time_point_units + last_cycle_units', 'last_shelf'),
            ('model', 'stock_position', 'model_point',
             'model_point_units + last_cycle_units', 'last_shelf'),
            ('demand', 'position', 'demand_point',
             'demand_point_units + demand_cycle_units', 'shelf'),
        ] %}
        {{ order_proposal_units(
            position ~ '_units',
            point ~ '_units',
            level,
            'last_pack_units',
            'last_min_units',
            shelf ~ '_units'
        ) }} as {{ step }}_proposed_units,
        {%- endfor %}
        coalesce(last_proposed_qty_units - last_budgeted_qty_units, 0) as cut_units
    from moved

),

priced as (

    -- A price break of the last run goes on with the order until its own step.
    select
        *,
        {%- for step in steps[:5] %}
        case
            when {{ step }}_proposed_units > 0
                then {{ step }}_proposed_units + coalesce(last_price_break_units, 0)
            else {{ step }}_proposed_units
        end as {{ step }}_priced_units,
        {%- endfor %}
        proposed_qty_units as parameter_priced_units
    from stepped

),

held as (

    -- A budget's cut and an override of the last run stay until their own step.
    select
        *,
        last_order_qty_units as step_0_units,
        {%- for step in steps[:6] %}
        coalesce(last_override_qty_units, {{ step }}_priced_units - cut_units)
            as step_{{ loop.index }}_units,
        {%- endfor %}
        coalesce(last_override_qty_units, budgeted_qty_units) as step_7_units,
        order_qty_units as step_8_units
    from priced

),

known as (

    -- A step that cannot be computed moves nothing.
    select
        *,
        step_0_units as known_0_units,
        {%- for step in range(1, 9) %}
        coalesce(
            {%- for earlier in range(step, 0, -1) %}
            step_{{ earlier }}_units,
            {%- endfor %}
            step_0_units
        ) as known_{{ step }}_units,
        {%- endfor %}
        step_0_units is not null as is_comparable
    from held

),

changed as (

    select
        location_id,
        product_id,
        as_of_date,
        last_as_of_date,
        cast(last_order_qty_units as double) as last_order_qty_units,
        cast(order_qty_units as double) as order_qty_units,
        cast(order_qty_units - last_order_qty_units as double) as change_units,
        {%- for step in steps %}
        cast(case
            when order_qty_units - last_order_qty_units is not null
                then known_{{ loop.index }}_units - known_{{ loop.index0 }}_units
        end as double) as change_from_{{ step }}_units,
        {%- endfor %}
        last_model,
        model,
        last_code_version,
        code_version
    from known

),

named as (

    select
        *,
        case
            when last_as_of_date is null then 'no earlier run'
            when change_units is null then 'unknown'
            when change_units = 0 then 'none'
            {%- for step in steps %}
            when abs(change_from_{{ step }}_units) = greatest(
                {%- for other in steps %}
                abs(change_from_{{ other }}_units){{ ',' if not loop.last }}
                {%- endfor %}
            ) then '{{ step | replace("_", " ") }}'
            {%- endfor %}
        end as main_cause
    from changed

)

select * from named
