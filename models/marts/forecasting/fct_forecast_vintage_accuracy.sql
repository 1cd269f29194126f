{#- Accuracy in the field: forecasts as they were made then, not as redone today. -#}
{%- set levels = forecast_quantile_levels() -%}

with

vintages as (

    select * from {{ ref('int_forecast_vintages') }}
    where
        source_system = '{{ setting('source_system') }}'
        and raw_data_dir = '{{ setting('raw_data_dir') | replace("'", "''") }}'
        and planning_period = '{{ setting('planning_period') }}'

),

actuals as (

    select
        location_id,
        product_id,
        period_date,
        demand_units
    from {{ ref('int_forecast_panel') }}
    where demand_units is not null

),

errors as (

    select
        vintages.origin_date,
        vintages.model,
        vintages.is_champion,
        vintages.horizon,
        actuals.demand_units as actual_units,
        actuals.demand_units - vintages.forecast_units as error_units,
        {%- for share, low, high in [
            (80, 'q10', 'q90'), (90, 'q05', 'q95'), (95, 'q025', 'q975')
        ] %}
        case
            when actuals.demand_units between vintages.{{ low }} and vintages.{{ high }}
                then 1.0
            when vintages.{{ low }} is not null then 0
        end as is_held_{{ share }},
        {%- endfor %}
        (
            {%- for name, level in levels %}
            greatest(
                {{ level }} * (actuals.demand_units - vintages.{{ name }}),
                ({{ level }} - 1) * (actuals.demand_units - vintages.{{ name }})
            ){{ ' +' if not loop.last }}
            {%- endfor %}
        ) / {{ levels | length }} as pinball_loss
    from vintages
    inner join actuals
        on
            vintages.location_id = actuals.location_id
            and vintages.product_id = actuals.product_id
            and vintages.forecast_date = actuals.period_date

),

scored as (

    select
        origin_date,
        model,
        is_champion,
        cast(horizon as integer) as horizon,
        cast(count(*) as bigint) as n,
        cast(sqrt({{ exact_mean('error_units * error_units') }}) as double) as rmse,
        {{ exact_mean('abs(error_units)') }} as mae,
        cast(
            {{ exact_sum('abs(error_units)') }}
            / nullif({{ exact_sum('actual_units') }}, 0) as double
        ) as wape,
        cast(
            -{{ exact_sum('error_units') }}
            / nullif({{ exact_sum('actual_units') }}, 0) as double
        ) as bias,
        {{ exact_mean('pinball_loss') }} as pinball_loss,
        {{ exact_mean('is_held_80') }} as coverage_80,
        {{ exact_mean('is_held_90') }} as coverage_90,
        {{ exact_mean('is_held_95') }} as coverage_95
    from errors
    group by origin_date, model, is_champion, horizon

)

select * from scored
