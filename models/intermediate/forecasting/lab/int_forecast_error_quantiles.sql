{#-
    Quantiles of scaled errors that were known at each cutoff, by level of the
    forecast: step errors by horizon, errors of the protection-interval sum as
    horizon 0. Of n errors the quantile is the one of rank (n + 1) x level, rounded
    outwards: that covers as promised however few they are.
-#}
{%- set most_buckets, errors_per_bucket = 12, 60 -%}
{%- set keys = 'model, horizon, cutoff_date' -%}

with

step_errors as (

    select
        location_id,
        product_id,
        model,
        horizon,
        cutoff_index,
        target_index as known_index,
        forecast_units,
        scaled_error
    from {{ ref('int_forecasts_unioned') }}
    where scaled_error is not null

),

sum_errors as (

    select
        location_id,
        product_id,
        model,
        0 as horizon,
        cutoff_index,
        last_target_index as known_index,
        forecast_sum_units as forecast_units,
        scaled_error
    from {{ ref('int_forecast_sums') }}

),

errors as (

    select * from step_errors

    union all

    select * from sum_errors

),

folds as (

    select
        cutoff_index,
        cutoff_date
    from {{ ref('int_forecast_folds') }}

),

known as (

    select
        errors.model,
        errors.horizon,
        folds.cutoff_date,
        errors.forecast_units,
        errors.scaled_error,
        row_number() over (
            partition by errors.model, errors.horizon, folds.cutoff_date
            order by
                errors.forecast_units,
                errors.location_id,
                errors.product_id,
                errors.cutoff_index
        ) - 1 as level_rank,
        count(*) over (
            partition by errors.model, errors.horizon, folds.cutoff_date
        ) as known_count
    from errors
    inner join folds
        on errors.known_index <= folds.cutoff_index

),

bucketed as (

    -- A slow and a fast seller err differently, whatever the scale.
    select
        *,
        floor(
            level_rank * least(
                greatest(floor(known_count / {{ errors_per_bucket }}), 1),
                {{ most_buckets }}
            ) / known_count
        ) as level_bucket
    from known

),

ranked as (

    select
        *,
        row_number() over (
            partition by {{ keys }}, level_bucket
            order by scaled_error
        ) as error_rank,
        count(*) over (partition by {{ keys }}, level_bucket) as error_count
    from bucketed

),

quantiled as (

    select
        model,
        horizon,
        cutoff_date,
        level_bucket,
        min(forecast_units) as lowest_units,
        {%- for name, level in forecast_quantile_levels() %}
        {%- if level < 0.5 %}
        max(case
            when
                error_rank
                <= greatest(floor((error_count + 1) * {{ level }} + 1e-9), 1)
                then scaled_error
        end)
        {%- elif level > 0.5 %}
        min(case
            when
                error_rank
                >= least(ceil((error_count + 1) * {{ level }} - 1e-9), error_count)
                then scaled_error
        end)
        {%- else %}
        percentile_cont({{ level }}) within group (order by scaled_error)
        {%- endif %} as {{ name }}_scaled,
        {%- endfor %}
        min(error_count) as error_count
    from ranked
    group by model, horizon, cutoff_date, level_bucket

),

bounded as (

    select
        model,
        horizon,
        cutoff_date,
        cast(level_bucket as integer) as level_bucket,
        case when level_bucket = 0 then 0 else lowest_units end as from_units,
        lead(lowest_units) over (partition by {{ keys }} order by level_bucket)
            as below_units,
        {%- for name, level in forecast_quantile_levels() %}
        {{ name }}_scaled,
        {%- endfor %}
        error_count
    from quantiled

)

select * from bounded
