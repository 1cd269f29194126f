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

backtests as (

    select
        *,
        actual_units - forecast_units as error_units
    from {{ ref('fct_forecast_backtests') }}
    where actual_units is not null

),

values_of_demand as (

    select
        location_id,
        product_id,
        annual_demand_value
    from {{ ref('int_abc_classes') }}

),

pooled as (

    select
        backtests.*,
        values_of_demand.annual_demand_value
    from backtests
    inner join values_of_demand
        on
            backtests.location_id = values_of_demand.location_id
            and backtests.product_id = values_of_demand.product_id

    union all

    select
        backtests.location_id,
        backtests.product_id,
        backtests.model,
        'all' as segment,
        backtests.fold_role,
        backtests.cutoff_date,
        backtests.forecast_date,
        backtests.horizon,
        backtests.forecast_units,
        backtests.actual_units,
        {%- for name, level in levels %}
        backtests.{{ name }},
        {%- endfor %}
        backtests.mean_squared_naive_step,
        backtests.is_champion,
        backtests.error_units,
        values_of_demand.annual_demand_value
    from backtests
    inner join values_of_demand
        on
            backtests.location_id = values_of_demand.location_id
            and backtests.product_id = values_of_demand.product_id

),

scored as (

    select
        model,
        segment,
        count(*) as error_count,
        count(*) filter (where fold_role = 'test') as test_error_count,
        {{ exact_sum('actual_units') }} as actual_units,
        {{ exact_sum('abs(error_units)') }} as absolute_error_units,
        -{{ exact_sum('error_units') }} as excess_forecast_units,
        {{ exact_sum('error_units * error_units') }} as squared_error,
        {{ exact_sum('actual_units * actual_units') }}
        - {{ exact_sum('actual_units') }} * {{ exact_sum('actual_units') }}
        / count(*) as squared_deviation,
        {{ exact_sum('abs(error_units)', filter="fold_role = 'test'") }}
            as test_absolute_error_units,
        {{ exact_sum(
            'actual_units',
            filter="fold_role = 'test'"
        ) }} as test_actual_units,
        {{ exact_mean('error_units * error_units', filter="fold_role = 'test'") }}
            as test_mse,
        {{ exact_mean(pinball_loss) }} as pinball_loss,
        {{ exact_mean('case when q50 is not null then case
            when actual_units between q10 and q90 then 1.0 else 0
        end end') }} as coverage_80,
        {{ exact_mean('case when q50 is not null then case
            when actual_units between q025 and q975 then 1.0 else 0
        end end') }} as coverage_95
    from pooled
    group by model, segment

),

by_series as (

    select
        model,
        segment,
        location_id,
        product_id,
        min(annual_demand_value) as annual_demand_value,
        sqrt(
            {{ exact_sum('error_units * error_units') }}
            / nullif({{ exact_sum('mean_squared_naive_step') }}, 0)
        ) as rmsse,
        1 - {{ exact_sum('error_units * error_units') }} / nullif(
            {{ exact_sum('actual_units * actual_units') }}
            - {{ exact_sum('actual_units') }} * {{ exact_sum('actual_units') }}
            / count(*),
            0
        ) as r2
    from pooled
    group by model, segment, location_id, product_id

),

over_series as (

    select
        model,
        segment,
        {{ exact_mean('rmsse') }} as rmsse,
        {{ exact_sum('rmsse * annual_demand_value') }}
        / nullif({{ exact_sum(
            'case when rmsse is not null then annual_demand_value end'
        ) }}, 0)
            as wrmsse,
        median(r2) as r2_median_series
    from by_series
    group by model, segment

),

sums as (

    select
        model,
        segment,
        actual_sum_units - forecast_sum_units as error_units,
        actual_sum_units,
        q10_sum_units,
        q90_sum_units,
        q025_sum_units,
        q975_sum_units
    from {{ ref('int_forecast_sums_costed') }}

),

pooled_sums as (

    select * from sums

    union all

    select
        model,
        'all' as segment,
        error_units,
        actual_sum_units,
        q10_sum_units,
        q90_sum_units,
        q025_sum_units,
        q975_sum_units
    from sums

),

over_sums as (

    select
        model,
        segment,
        count(*) as lead_time_sum_count,
        sqrt({{ exact_mean('error_units * error_units') }}) as lead_time_rmse,
        {{ exact_mean('case when q10_sum_units is not null then case
            when actual_sum_units between q10_sum_units and q90_sum_units then 1.0
            else 0
        end end') }} as lead_time_coverage_80,
        {{ exact_mean('case when q10_sum_units is not null then case
            when actual_sum_units between q025_sum_units and q975_sum_units then 1.0
            else 0
        end end') }} as lead_time_coverage_95
    from pooled_sums
    group by model, segment

),

measured as (

    select
        scored.model,
        scored.segment,
        cast(scored.error_count as bigint) as n,
        cast(scored.actual_units as double) as actual_units,
        cast(scored.absolute_error_units as double) as absolute_error_units,
        cast(scored.excess_forecast_units as double) as excess_forecast_units,
        cast(scored.squared_error / scored.error_count as double) as mse,
        cast(sqrt(scored.squared_error / scored.error_count) as double) as rmse,
        cast(scored.absolute_error_units / scored.error_count as double) as mae,
        cast(
            1 - scored.squared_error / nullif(scored.squared_deviation, 0) as double
        ) as r2,
        cast(over_series.r2_median_series as double) as r2_median_series,
        cast(
            scored.absolute_error_units / nullif(scored.actual_units, 0) as double
        ) as wape,
        cast(
            scored.excess_forecast_units / nullif(scored.actual_units, 0) as double
        ) as bias,
        cast(over_series.rmsse as double) as rmsse,
        cast(over_series.wrmsse as double) as wrmsse,
        cast(scored.pinball_loss as double) as pinball_loss,
        cast(scored.coverage_80 as double) as coverage_80,
        cast(scored.coverage_95 as double) as coverage_95,
        cast(
            1 - sqrt(scored.squared_error / scored.error_count) / nullif(
                max(case
                    when scored.model = 'seasonal_naive'
                        then sqrt(scored.squared_error / scored.error_count)
                end) over (partition by scored.segment),
                0
            ) as double
        ) as skill_vs_naive,
        cast(coalesce(over_sums.lead_time_sum_count, 0) as bigint)
            as lead_time_sum_count,
        cast(over_sums.lead_time_rmse as double) as lead_time_rmse,
        cast(over_sums.lead_time_coverage_80 as double) as lead_time_coverage_80,
        cast(over_sums.lead_time_coverage_95 as double) as lead_time_coverage_95,
        cast(scored.test_error_count as bigint) as test_n,
        cast(sqrt(scored.test_mse) as double) as test_rmse,
        cast(
            scored.test_absolute_error_units
            / nullif(scored.test_actual_units, 0) as double
        ) as test_wape,
        cast(
            1 - sqrt(scored.test_mse) / nullif(
                max(case
                    when scored.model = 'seasonal_naive' then sqrt(scored.test_mse)
                end) over (partition by scored.segment),
                0
            ) as double
        ) as test_skill_vs_naive
    from scored
    left join over_series
        on
            scored.model = over_series.model
            and scored.segment = over_series.segment
    left join over_sums
        on
            scored.model = over_sums.model
            and scored.segment = over_sums.segment

),

by_target as (

    select * from {{ ref('fct_forecast_accuracy_by_fold') }}
    where fold = 'all'

),

widened as (

    select
        measured.*,
        steps.naive_r2,
        steps.naive_r2_median_series,
        steps.mase,
        steps.coverage_90,
        sums.wrmsse as lead_time_wrmsse,
        sums.pinball_loss as lead_time_pinball_loss,
        sums.coverage_90 as lead_time_coverage_90
    from measured
    left join by_target as steps
        on
            steps.target = 'step'
            and measured.model = steps.model
            and measured.segment = steps.segment
    left join by_target as sums
        on
            sums.target = 'protection_sum'
            and measured.model = sums.model
            and measured.segment = sums.segment

)

select * from widened
