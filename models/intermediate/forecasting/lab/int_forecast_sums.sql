with

forecasts as (

    select * from {{ ref('int_forecasts_unioned') }}

),

weighted as (

    select
        *,
        {{ protection_weight('horizon', 'protection_periods') }} as weight
    from forecasts

),

summed as (

    -- The sum is known only where every period in it is, and covers the interval.
    select
        location_id,
        product_id,
        model,
        cutoff_index,
        cutoff_date,
        fold_role,
        segment,
        max(target_index) filter (where weight > 0) as last_target_index,
        {{ exact_sum('weight * forecast_units') }} as forecast_sum_units,
        case
            when
                count(*) filter (where weight > 0 and actual_units is null) = 0
                and abs({{ exact_sum('weight') }} - min(protection_periods)) < 1e-6
                then {{ exact_sum('weight * actual_units') }}
        end as actual_sum_units,
        min(mean_squared_step) as mean_squared_step,
        min(mean_absolute_step) as mean_absolute_step,
        min(protection_periods) as protection_periods,
        min(unit_cost) as unit_cost,
        min(holding_cost_per_unit_period) as holding_cost_per_unit_period,
        min(shortage_cost_per_unit) as shortage_cost_per_unit
    from weighted
    group by
        location_id,
        product_id,
        model,
        cutoff_index,
        cutoff_date,
        fold_role,
        segment

),

scaled as (

    select
        *,
        (actual_sum_units - forecast_sum_units)
        / sqrt(forecast_sum_units + 0.1) as scaled_error
    from summed
    where actual_sum_units is not null

)

select * from scaled
