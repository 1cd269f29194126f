{%- set levels = forecast_quantile_levels() -%}
{%- set folds = ['cutoff_date', 'fold_role', none] -%}

with

errors as (

    select * from {{ ref('int_forecast_errors') }}

),

scored as (

    select
        model,
        target,
        coalesce(cast(cutoff_date as varchar), fold_role, 'all') as fold,
        coalesce(segment, 'all') as segment,
        count(*) as error_count,
        sum(actual_units) as actual_units,
        sum(abs(error_units)) as absolute_error_units,
        -sum(error_units) as excess_forecast_units,
        sum(error_units * error_units) as squared_error,
        sum(actual_units * actual_units)
        - sum(actual_units) * sum(actual_units) / count(*) as squared_deviation,
        avg((
            {%- for name, level in levels %}
            greatest(
                {{ level }} * (actual_units - {{ name }}),
                ({{ level }} - 1) * (actual_units - {{ name }})
            ){{ ' +' if not loop.last }}
            {%- endfor %}
        ) / {{ levels | length }}) as pinball_loss,
        {%- for share, low, high in [
            (80, 'q10', 'q90'), (90, 'q05', 'q95'), (95, 'q025', 'q975')
        ] %}
        avg(case
            when {{ low }} is not null and actual_units between {{ low }} and {{ high }}
                then 1.0
            when {{ low }} is not null then 0
        end) as coverage_{{ share }}{{ ',' if not loop.last }}
        {%- endfor %}
    from errors
    group by grouping sets (
        {%- for fold in folds %}
        (model, target, {{ fold ~ ', ' if fold }}segment),
        (model, target{{ ', ' ~ fold if fold }}){{ ',' if not loop.last }}
        {%- endfor %}
    )

),

by_series as (

    select
        model,
        target,
        coalesce(cast(cutoff_date as varchar), fold_role, 'all') as fold,
        segment,
        location_id,
        product_id,
        min(annual_demand_value) as annual_demand_value,
        sqrt(sum(error_units * error_units) / nullif(sum(squared_scale), 0)) as rmsse,
        sum(abs(error_units)) / nullif(sum(absolute_scale), 0) as mase,
        1 - sum(error_units * error_units) / nullif(
            sum(actual_units * actual_units)
            - sum(actual_units) * sum(actual_units) / count(*),
            0
        ) as r2
    from errors
    group by grouping sets (
        {%- for fold in folds %}
        (model, target, {{ fold ~ ', ' if fold }}segment, location_id, product_id)
        {{- ',' if not loop.last }}
        {%- endfor %}
    )

),

over_series as (

    select
        model,
        target,
        fold,
        coalesce(segment, 'all') as segment,
        avg(rmsse) as rmsse,
        avg(mase) as mase,
        sum(rmsse * annual_demand_value)
        / nullif(sum(case when rmsse is not null then annual_demand_value end), 0)
            as wrmsse,
        median(r2) as r2_median_series
    from by_series
    group by grouping sets (
        (model, target, fold, segment),
        (model, target, fold)
    )

),

measured as (

    select
        scored.*,
        over_series.rmsse,
        over_series.mase,
        over_series.wrmsse,
        over_series.r2_median_series,
        sqrt(scored.squared_error / scored.error_count) as rmse,
        1 - scored.squared_error / nullif(scored.squared_deviation, 0) as r2
    from scored
    left join over_series
        on
            scored.model = over_series.model
            and scored.target = over_series.target
            and scored.fold = over_series.fold
            and scored.segment = over_series.segment

),

beside_naive as (

    select
        measured.*,
        naive.r2 as naive_r2,
        naive.r2_median_series as naive_r2_median_series,
        naive.rmse as naive_rmse
    from measured
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
        cast(1 - rmse / nullif(naive_rmse, 0) as double) as skill_vs_naive
    from beside_naive

)

select * from published
