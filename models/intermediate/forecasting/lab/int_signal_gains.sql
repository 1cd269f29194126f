with

ablation as (

    select * from {{ ref('int_signal_ablation') }}

),

folds as (

    select * from {{ ref('int_forecast_folds') }}

),

calendar as (

    select
        period_index,
        period_date
    from {{ ref('int_forecast_calendar') }}

),

panel as (

    select
        location_id,
        product_id,
        period_index,
        demand_units,
        scale_units
    from {{ ref('int_forecast_panel') }}

),

segments as (

    select * from {{ ref('int_forecast_segments') }}

),

compared as (

    select
        ablation.signal,
        ablation.location_id,
        ablation.product_id,
        ablation.cutoff_date,
        ablation.is_touched,
        ablation.forecast_without_units,
        ablation.forecast_with_units,
        targets.demand_units as actual_units,
        origins.scale_units,
        segments.segment as own_segment,
        segments.holding_cost_per_unit_period * segments.protection_periods
            as holding_cost_per_unit,
        segments.shortage_cost_per_unit
    from ablation
    inner join folds
        on ablation.cutoff_date = folds.cutoff_date
    inner join calendar
        on ablation.forecast_date = calendar.period_date
    inner join panel as targets
        on
            ablation.location_id = targets.location_id
            and ablation.product_id = targets.product_id
            and calendar.period_index = targets.period_index
    inner join panel as origins
        on
            ablation.location_id = origins.location_id
            and ablation.product_id = origins.product_id
            and folds.cutoff_index = origins.period_index
    inner join segments
        on
            ablation.location_id = segments.location_id
            and ablation.product_id = segments.product_id
    where
        targets.demand_units is not null
        and origins.scale_units > 0

),

segmented as (

    select
        *,
        'all' as segment
    from compared

    union all

    select
        *,
        case when is_touched then 'touched' else 'others' end as segment
    from compared

    union all

    select
        *,
        own_segment as segment
    from compared

),

summed as (

    -- Squared error over the level of the series: what the model is fitted to.
    -- Money: one unit over costs its holding, one short its shortage.
    select
        signal,
        segment,
        location_id,
        product_id,
        cutoff_date,
        count(*) as target_count,
        sum(case when is_touched then 1 else 0 end) as touched_count,
        {{ exact_sum('power(actual_units - forecast_without_units, 2) / scale_units') }}
            as loss_without,
        {{ exact_sum('power(actual_units - forecast_with_units, 2) / scale_units') }}
            as loss_with,
        {{ exact_sum('abs(actual_units - forecast_without_units)') }}
            as error_without_units,
        {{ exact_sum('abs(actual_units - forecast_with_units)') }} as error_with_units,
        {{ exact_sum('actual_units') }} as actual_units,
        {{ exact_sum(
            'holding_cost_per_unit * '
            ~ at_least_zero('(forecast_without_units - actual_units)')
            ~ ' + shortage_cost_per_unit * '
            ~ at_least_zero('(actual_units - forecast_without_units)')
        ) }} as cost_without,
        {{ exact_sum(
            'holding_cost_per_unit * '
            ~ at_least_zero('(forecast_with_units - actual_units)')
            ~ ' + shortage_cost_per_unit * '
            ~ at_least_zero('(actual_units - forecast_with_units)')
        ) }} as cost_with
    from segmented
    group by signal, segment, location_id, product_id, cutoff_date

),

totals as (

    select
        signal,
        segment,
        count(distinct cutoff_date) as fold_count,
        sum(target_count) as target_count,
        sum(touched_count) as touched_count,
        {{ exact_sum('loss_without') }} as loss_without,
        {{ exact_sum('loss_without - loss_with') }} as loss_gain,
        {{ exact_sum('error_without_units') }}
        / nullif({{ exact_sum('actual_units') }}, 0) as wape_without,
        {{ exact_sum('error_with_units') }}
        / nullif({{ exact_sum('actual_units') }}, 0) as wape_with,
        {{ exact_sum('cost_without') }} as cost_without,
        {{ exact_sum('cost_with') }} as cost_with
    from summed
    group by signal, segment

),

{%- for cluster, columns in [
    ('fold', ['cutoff_date']), ('series', ['location_id', 'product_id'])
] %}

by_{{ cluster }} as (

    select
        signal,
        segment,
        sqrt(count(*) * {{ exact_variance('loss_gain') }}) as loss_gain_error,
        sqrt(count(*) * {{ exact_variance('cost_saving') }}) as cost_saving_error
    from (
        select
            signal,
            segment,
            {{ columns | join(', ') }},
            {{ exact_sum('loss_without - loss_with') }} as loss_gain,
            {{ exact_sum('cost_without - cost_with') }} as cost_saving
        from summed
        group by signal, segment, {{ columns | join(', ') }}
    ) as clusters
    group by signal, segment

),
{%- endfor %}

gains as (

    -- Series of one week share its weather, weeks of one series its habits: the
    -- larger error of the two counts.
    select
        totals.signal,
        totals.segment,
        totals.fold_count,
        totals.target_count,
        totals.touched_count,
        totals.wape_without,
        totals.wape_with,
        totals.cost_without,
        totals.cost_with,
        totals.loss_gain / nullif(totals.loss_without, 0) as loss_gain,
        greatest(by_fold.loss_gain_error, by_series.loss_gain_error)
        / nullif(totals.loss_without, 0) as loss_gain_standard_error,
        totals.cost_without - totals.cost_with as cost_saving,
        greatest(by_fold.cost_saving_error, by_series.cost_saving_error)
            as cost_saving_standard_error
    from totals
    inner join by_fold
        on
            totals.signal = by_fold.signal
            and totals.segment = by_fold.segment
    inner join by_series
        on
            totals.signal = by_series.signal
            and totals.segment = by_series.segment

),

weighed as (

    -- Better in error, and not clearly worse in money. Money alone does not suffice: a
    -- random column moves the bias, and with it the money, too easily. Where both
    -- forecasts are the same throughout, nothing was put to the test.
    select
        *,
        coalesce(
            fold_count >= 3
            and (loss_gain <> 0 or loss_gain_standard_error > 0),
            false
        ) as is_judged,
        coalesce(
            loss_gain > 0 and cost_saving > -2 * cost_saving_standard_error, false
        ) as is_gaining,
        case
            when
                segment in ('all', 'touched', 'others')
                and signal in (
                    {%- for signal in built_in_signals() %}
                    '{{ signal }}'{{ ',' if not loop.last }}
                    {%- endfor %}
                )
                then {{ var('built_in_signal_min_standard_errors') }}
            else {{ var('signal_min_standard_errors') }}
        end as min_standard_errors
    from gains

),

judged as (

    -- That promotions and holidays move demand is known beforehand: over the chain less
    -- proof is asked of them than of a column that anyone may have sent.
    select
        signal,
        segment,
        fold_count,
        target_count,
        touched_count,
        wape_without,
        wape_with,
        cost_without,
        cost_with,
        loss_gain,
        loss_gain_standard_error,
        cost_saving,
        cost_saving_standard_error,
        is_judged,
        is_gaining,
        is_judged
        and is_gaining
        and loss_gain > min_standard_errors * loss_gain_standard_error as is_paying
    from weighed

)

select * from judged
