{#-
    Do intervals of the protection-interval sum hold what they promise? Those of each
    model, and as lead_time_demand the distribution that orders are made of.
-#}

with

errors as (

    select
        model,
        fold_role,
        segment,
        {%- for name, level in forecast_quantile_levels() %}
        {{ name }},
        {%- endfor %}
        actual_units
    from {{ ref('int_forecast_errors') }}
    where target = 'protection_sum' and q50 is not null

    union all

    select
        'lead_time_demand' as model, -- noqa: RF04
        fold_role,
        segment,
        {%- for name, level in forecast_quantile_levels() %}
        {{ name }},
        {%- endfor %}
        actual_units
    from {{ ref('int_lead_time_demand_backtests') }}

),

promised as (
    {% for name, level in forecast_quantile_levels() %}
    select
        model,
        fold_role,
        segment,
        'quantile' as kind,
        {{ level }} as promised_share,
        case when actual_units <= {{ name }} then 1 else 0 end as is_held,
        {{ name }} as stock_units,
        actual_units
    from errors

    union all
    {% endfor %}
    {%- for share, low, high in [
        (0.8, 'q10', 'q90'), (0.9, 'q05', 'q95'), (0.95, 'q025', 'q975')
    ] %}
    select
        model,
        fold_role,
        segment,
        'interval' as kind,
        {{ share }} as promised_share,
        case when actual_units between {{ low }} and {{ high }} then 1 else 0 end
            as is_held,
        {{ high }} as stock_units,
        actual_units
    from errors
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

summed as (

    select
        model,
        fold_role as fold,
        segment,
        kind,
        promised_share,
        count(*) as sum_count,
        sum(is_held) as held_count,
        {{ exact_sum('stock_units') }} as stock_units,
        {{ exact_sum('actual_units') }} as actual_units
    from promised
    group by model, fold_role, segment, kind, promised_share

),

over_folds as (

    select * from summed

    union all

    select
        model,
        'all' as fold,
        segment,
        kind,
        promised_share,
        sum(sum_count) as sum_count,
        sum(held_count) as held_count,
        {{ exact_sum('stock_units') }} as stock_units,
        {{ exact_sum('actual_units') }} as actual_units
    from summed
    group by model, segment, kind, promised_share

),

over_segments as (

    select * from over_folds

    union all

    select
        model,
        fold,
        'all' as segment,
        kind,
        promised_share,
        sum(sum_count) as sum_count,
        sum(held_count) as held_count,
        {{ exact_sum('stock_units') }} as stock_units,
        {{ exact_sum('actual_units') }} as actual_units
    from over_folds
    group by model, fold, kind, promised_share

),

published as (

    select
        model,
        fold,
        segment,
        kind,
        cast(promised_share as double) as promised_share,
        cast(sum_count as bigint) as n,
        cast(held_count / sum_count as double) as observed_share,
        cast(held_count / sum_count - promised_share as double) as gap_share,
        cast(stock_units / nullif(actual_units, 0) as double) as stock_per_demand_ratio
    from over_segments

)

select * from published
