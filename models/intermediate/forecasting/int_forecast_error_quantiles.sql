{#-
    Quantiles of scaled errors that were known at each cutoff: step errors by
    horizon, errors of the protection-interval sum as horizon 0.
-#}
{%- set min_errors = 30 -%}

with

step_errors as (

    select
        model,
        segment,
        horizon,
        target_index as known_index,
        scaled_error
    from {{ ref('int_forecasts_unioned') }}
    where scaled_error is not null and fold_role <> 'live'

),

sum_errors as (

    select
        model,
        segment,
        0 as horizon,
        last_target_index as known_index,
        scaled_error
    from {{ ref('int_forecast_sums') }}

),

errors as (

    select * from step_errors

    union all

    select * from sum_errors

),

pooled as (

    select * from errors

    union all

    select
        model,
        'all' as segment,
        horizon,
        known_index,
        scaled_error
    from errors

),

folds as (

    select
        cutoff_index,
        cutoff_date
    from {{ ref('int_forecast_folds') }}

),

quantiled as (

    select
        pooled.model,
        pooled.segment,
        pooled.horizon,
        folds.cutoff_date,
        {%- for name, level in forecast_quantile_levels() %}
        percentile_cont({{ level }}) within group (order by pooled.scaled_error)
            as {{ name }}_scaled,
        {%- endfor %}
        count(*) as error_count
    from pooled
    inner join folds
        on pooled.known_index <= folds.cutoff_index
    group by pooled.model, pooled.segment, pooled.horizon, folds.cutoff_date

),

segments as (

    select distinct segment from {{ ref('int_forecast_segments') }}

),

chosen as (

    -- A thin segment borrows the spread of all.
    select
        overall.model,
        segments.segment,
        overall.horizon,
        overall.cutoff_date,
        {%- for name, level in forecast_quantile_levels() %}
        case
            when own.error_count >= {{ min_errors }} then own.{{ name }}_scaled
            else overall.{{ name }}_scaled
        end as {{ name }}_scaled,
        {%- endfor %}
        case
            when own.error_count >= {{ min_errors }} then own.error_count
            else overall.error_count
        end as error_count
    from quantiled as overall
    cross join segments
    left join quantiled as own
        on
            overall.model = own.model
            and overall.horizon = own.horizon
            and overall.cutoff_date = own.cutoff_date
            and segments.segment = own.segment
    where overall.segment = 'all'

)

select * from chosen
