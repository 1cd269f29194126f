{#-
    What the line-up may cost in CPU time, and what is left out to stay within it: the
    dearest family first. The counts are known before any fold is cut: the folds that
    are asked for, and every pair that has a lead time.
-#}
{%- set most_series = {
    'ets': var('smoothing_max_series'),
    'theta': var('smoothing_max_series'),
    'ces': var('smoothing_max_series'),
} -%}
{%- set budget = var('forecast_cpu_budget_seconds') -%}
{%- set budget = 'null' if budget is none else budget -%}

with

costs as (

    select * from {{ ref('model_costs') }}
    where planning_period = '{{ setting('planning_period') }}'

),

pairs as (

    select count(*) as series_count from {{ ref('int_lead_times') }}

),

estimated as (

    select
        costs.family,
        costs.model,
        pairs.series_count,
        {{ var('backtest_folds') }} + 1 as fold_count,
        ({{ var('backtest_folds') }} + 1)
        * (
            costs.cpu_ms_per_fold
            + costs.cpu_ms_per_series_fold * case
                {%- for name, most in most_series.items() %}
                when costs.model = '{{ name }}'
                    then least(pairs.series_count, {{ most }})
                {%- endfor %}
                else pairs.series_count
            end
        ) / 1000 as cpu_seconds_estimated
    from costs
    cross join pairs

),

by_family as (

    select
        family,
        family in ('baselines', 'boosting', 'linear') as is_protected,
        {{ exact_sum('cpu_seconds_estimated') }} as family_cpu_seconds_estimated
    from estimated
    group by family

),

stacked as (

    select
        *,
        {{ exact_sum(
            'family_cpu_seconds_estimated',
            over='(
                order by
                    case when is_protected then 0 else 1 end,
                    family_cpu_seconds_estimated,
                    family
                rows between unbounded preceding and current row
            )'
        ) }} as cpu_seconds_so_far,
        cast({{ budget }} as double) as budget_seconds
    from by_family

),

budgeted as (

    select
        estimated.family,
        estimated.model,
        estimated.series_count,
        estimated.fold_count,
        estimated.cpu_seconds_estimated,
        stacked.family_cpu_seconds_estimated,
        stacked.cpu_seconds_so_far,
        stacked.budget_seconds,
        stacked.is_protected,
        coalesce(
            not stacked.is_protected
            and stacked.cpu_seconds_so_far > stacked.budget_seconds,
            false
        ) as is_cut
    from estimated
    inner join stacked
        on estimated.family = stacked.family

)

select * from budgeted
