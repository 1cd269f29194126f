{%- set levels = forecast_quantile_levels() -%}
{%- set losses = [] -%}
{%- for name, level in levels -%}
    {%- do losses.append(
        'greatest(' ~ level ~ ' * (actual_units - ' ~ name ~ '), ('
        ~ level ~ ' - 1) * (actual_units - ' ~ name ~ '))'
    ) -%}
{%- endfor -%}
{%- set pinball_loss = '(' ~ losses | join(' + ') ~ ') / ' ~ levels | length -%}

with

errors as (

    select * from {{ ref('int_forecast_errors') }}

),

by_date as (

    select
        *,
        cast(cutoff_date as varchar) as fold
    from errors

),

by_role as (

    select
        *,
        fold_role as fold
    from errors

),

by_all as (

    select
        *,
        'all' as fold
    from errors

),

folded as (

    select * from by_date

    union all

    select * from by_role

    union all

    select * from by_all

),

scored_segments as (

    select
        model,
        target,
        fold,
        segment,
        count(*) as error_count,
        {{ exact_sum('actual_units') }} as actual_units,
        {{ exact_sum('abs(error_units)') }} as absolute_error_units,
        -{{ exact_sum('error_units') }} as excess_forecast_units,
        {{ exact_sum('error_units * error_units') }} as squared_error,
        {{ exact_sum('actual_units * actual_units') }} as squared_actual,
        {{ exact_sum(pinball_loss) }} as pinball_sum,
        {%- for share, low, high in [
            (80, 'q10', 'q90'), (90, 'q05', 'q95'), (95, 'q025', 'q975')
        ] %}
        sum(case when actual_units between {{ low }} and {{ high }} then 1 else 0 end)
            as held_{{ share }},
        {%- endfor %}
        count(q50) as quantile_count
    from folded
    group by model, target, fold, segment

),

scored as (

    select * from scored_segments

    union all

    select
        model,
        target,
        fold,
        'all' as segment,
        sum(error_count) as error_count,
        {{ exact_sum('actual_units') }} as actual_units,
        {{ exact_sum('absolute_error_units') }} as absolute_error_units,
        {{ exact_sum('excess_forecast_units') }} as excess_forecast_units,
        {{ exact_sum('squared_error') }} as squared_error,
        {{ exact_sum('squared_actual') }} as squared_actual,
        {{ exact_sum('pinball_sum') }} as pinball_sum,
        sum(held_80) as held_80,
        sum(held_90) as held_90,
        sum(held_95) as held_95,
        sum(quantile_count) as quantile_count
    from scored_segments
    group by model, target, fold

),

by_series as (

    select
        model,
        target,
        fold,
        segment,
        location_id,
        product_id,
        min(annual_demand_value) as annual_demand_value,
        count(distinct cutoff_date) as fold_count,
        sqrt(
            {{ exact_sum('error_units * error_units') }}
            / nullif({{ exact_sum('squared_scale') }}, 0)
        ) as rmsse,
        {{ exact_sum('abs(error_units)') }}
        / nullif({{ exact_sum('absolute_scale') }}, 0) as mase,
        1 - {{ exact_sum('error_units * error_units') }} / nullif(
            {{ exact_sum('actual_units * actual_units') }}
            - {{ exact_sum('actual_units') }} * {{ exact_sum('actual_units') }}
            / count(*),
            0
        ) as r2
    from folded
    group by model, target, fold, segment, location_id, product_id

),

every_series as (

    select * from by_series

    union all

    select
        model,
        target,
        fold,
        'all' as segment,
        location_id,
        product_id,
        annual_demand_value,
        fold_count,
        rmsse,
        mase,
        r2
    from by_series

),

over_series as (

    select
        model,
        target,
        fold,
        segment,
        sum(fold_count) as series_fold_count,
        {{ exact_mean('rmsse') }} as rmsse,
        {{ exact_mean('mase') }} as mase,
        {{ exact_sum('rmsse * annual_demand_value') }}
        / nullif({{ exact_sum(
            'case when rmsse is not null then annual_demand_value end'
        ) }}, 0)
            as wrmsse,
        median(r2) as r2_median_series
    from every_series
    group by model, target, fold, segment

),

measured as (

    select
        scored.*,
        over_series.series_fold_count,
        over_series.rmsse,
        over_series.mase,
        over_series.wrmsse,
        over_series.r2_median_series,
        sqrt(scored.squared_error / scored.error_count) as rmse,
        1 - scored.squared_error / nullif(
            scored.squared_actual
            - scored.actual_units * scored.actual_units / scored.error_count,
            0
        ) as r2,
        scored.pinball_sum / nullif(scored.quantile_count, 0) as pinball_loss,
        scored.held_80 / nullif(scored.quantile_count, 0) as coverage_80,
        scored.held_90 / nullif(scored.quantile_count, 0) as coverage_90,
        scored.held_95 / nullif(scored.quantile_count, 0) as coverage_95
    from scored
    left join over_series
        on
            scored.model = over_series.model
            and scored.target = over_series.target
            and scored.fold = over_series.fold
            and scored.segment = over_series.segment

),

budgeted as (

    select
        model,
        cpu_seconds_estimated / nullif(series_count * fold_count, 0)
            as cpu_seconds_per_series_fold
    from {{ ref('int_forecast_budget') }}

),

beside_naive as (

    select
        measured.*,
        measured.series_fold_count * budgeted.cpu_seconds_per_series_fold
            as cpu_seconds_estimated,
        naive.r2 as naive_r2,
        naive.r2_median_series as naive_r2_median_series,
        naive.rmse as naive_rmse
    from measured
    left join budgeted
        on measured.model = budgeted.model
    left join measured as naive
        on
            naive.model = 'seasonal_naive'
            and measured.target = naive.target
            and measured.fold = naive.fold
            and measured.segment = naive.segment

),

published as (

    select
        model,
        fold,
        segment,
        target,
        cast(error_count as bigint) as n,
        cast(actual_units as double) as actual_units,
        cast(absolute_error_units as double) as absolute_error_units,
        cast(excess_forecast_units as double) as excess_forecast_units,
        cast(squared_error / error_count as double) as mse,
        cast(rmse as double) as rmse,
        cast(absolute_error_units / error_count as double) as mae,
        cast(r2 as double) as r2,
        cast(naive_r2 as double) as naive_r2,
        cast(r2_median_series as double) as r2_median_series,
        cast(naive_r2_median_series as double) as naive_r2_median_series,
        cast(absolute_error_units / nullif(actual_units, 0) as double) as wape,
        cast(excess_forecast_units / nullif(actual_units, 0) as double) as bias,
        cast(rmsse as double) as rmsse,
        cast(wrmsse as double) as wrmsse,
        cast(mase as double) as mase,
        cast(pinball_loss as double) as pinball_loss,
        cast(coverage_80 as double) as coverage_80,
        cast(coverage_90 as double) as coverage_90,
        cast(coverage_95 as double) as coverage_95,
        cast(1 - rmse / nullif(naive_rmse, 0) as double) as skill_vs_naive,
        cast(cpu_seconds_estimated as double) as cpu_seconds_estimated
    from beside_naive

)

select * from published
