{#-
    Every forecast of the backtest beside what came, on the three targets that orders
    depend on. Squared and absolute steps are those of one period times the periods of
    the target.
-#}
{%- set levels = forecast_quantile_levels() -%}

with

steps as (

    select
        'step' as target, -- noqa: RF04
        location_id,
        product_id,
        model,
        segment,
        fold_role,
        cutoff_date,
        horizon,
        forecast_units,
        actual_units,
        {%- for name, level in levels %}
        {{ name }},
        {%- endfor %}
        mean_squared_step as squared_scale,
        mean_absolute_step as absolute_scale
    from {{ ref('int_forecasts_quantiled') }}
    where actual_units is not null

),

protection_sums as (

    select
        'protection_sum' as target, -- noqa: RF04
        location_id,
        product_id,
        model,
        segment,
        fold_role,
        cutoff_date,
        0 as horizon,
        forecast_sum_units as forecast_units,
        actual_sum_units as actual_units,
        {%- for name, level in levels %}
        {{ name }}_sum_units as {{ name }},
        {%- endfor %}
        mean_squared_step * protection_periods as squared_scale,
        mean_absolute_step * protection_periods as absolute_scale
    from {{ ref('int_forecast_sums_costed') }}

),

weighted as (

    -- What is sold between the arrival of this order and of the next.
    select
        *,
        {{ protection_weight('horizon', 'protection_periods') }}
        - {{ protection_weight('horizon', 'lead_time_periods') }} as weight
    from {{ ref('int_forecasts_unioned') }}

),

delivery_windows as (

    select
        'delivery_window' as target, -- noqa: RF04
        location_id,
        product_id,
        model,
        segment,
        fold_role,
        cutoff_date,
        0 as horizon,
        {{ exact_sum('weight * forecast_units') }} as forecast_units,
        {{ exact_sum('weight * actual_units') }} as actual_units,
        {%- for name, level in levels %}
        cast(null as double) as {{ name }},
        {%- endfor %}
        min(mean_squared_step) * {{ exact_sum('weight') }} as squared_scale,
        min(mean_absolute_step) * {{ exact_sum('weight') }} as absolute_scale
    from weighted
    where weight > 0
    group by
        location_id,
        product_id,
        model,
        segment,
        fold_role,
        cutoff_date
    having
        count(*) filter (where actual_units is null) = 0
        and abs(
            {{ exact_sum('weight') }} - min(protection_periods) + min(lead_time_periods)
        ) < 1e-6

),

errors as (

    select * from steps

    union all

    select * from protection_sums

    union all

    select * from delivery_windows

),

valued as (

    select
        errors.*,
        errors.actual_units - errors.forecast_units as error_units,
        abc_classes.annual_demand_value
    from errors
    inner join {{ ref('int_abc_classes') }} as abc_classes
        on
            errors.location_id = abc_classes.location_id
            and errors.product_id = abc_classes.product_id

)

select * from valued
