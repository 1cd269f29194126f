with

forecasts as (

    select * from {{ ref('int_forecasts_planned') }}

),

published as (

    select
        location_id,
        product_id,
        model,
        segment,
        cutoff_date as origin_date,
        forecast_date,
        cast(horizon as integer) as horizon,
        forecast_units,
        {%- for name, level in forecast_quantile_levels() %}
        {{ name }},
        {%- endfor %}
        is_champion
    from forecasts

)

select * from published
