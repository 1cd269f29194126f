{#- Sums of the champions' forecasts by location and product: coherent by making. -#}
{%- set levels = [
    ('product', 'product_id'), ('vendor', 'vendor_id'), ('category', 'category'),
    ('location', 'location_id'), ('chain', "'all'"),
] -%}

with

forecasts as (

    select
        forecasts.location_id,
        forecasts.product_id,
        forecasts.forecast_date,
        forecasts.origin_date,
        forecasts.forecast_units,
        forecasts.forecast_units * products.unit_cost as forecast_value,
        products.vendor_id,
        products.category
    from {{ ref('fct_forecasts') }} as forecasts
    inner join {{ ref('input_products') }} as products
        on forecasts.product_id = products.product_id
    where forecasts.is_champion

),

aggregated as (
    {% for level, column in levels %}
    select
        '{{ level }}' as aggregation,
        coalesce({{ column }}, 'unknown') as aggregation_value,
        forecast_date,
        min(origin_date) as origin_date,
        count(*) as pair_count,
        {{ exact_sum('forecast_units') }} as forecast_units,
        {{ exact_sum('forecast_value') }} as forecast_value
    from forecasts
    group by coalesce({{ column }}, 'unknown'), forecast_date
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

published as (

    select
        aggregation,
        aggregation_value,
        forecast_date,
        origin_date,
        cast(pair_count as bigint) as pair_count,
        cast(forecast_units as double) as forecast_units,
        cast(forecast_value as double) as forecast_value
    from aggregated

)

select * from published
