with

forecasts as (

    select * from {{ ref('int_forecasts_quantiled') }}

),

published as (

    select
        location_id,
        product_id,
        model,
        segment,
        fold_role,
        cutoff_date,
        forecast_date,
        cast(horizon as integer) as horizon,
        forecast_units,
        actual_units,
        {%- for name, level in forecast_quantile_levels() %}
        {{ name }},
        {%- endfor %}
        mean_squared_step as mean_squared_naive_step,
        is_champion
    from forecasts

)

select * from published
