{#- Documented in macros/forecasting/_forecasting__macros.yml -#}

{% macro error_levels(forecasts, error_quantiles) -%}
    {#-
        Walking up the forecasts of a model, step and cutoff, the last bound passed is
        the level: a sort, where a join on a range would compare every forecast with
        every level.
    -#}
    select
        location_id,
        product_id,
        model,
        cast(horizon as integer) as horizon,
        cutoff_date,
        level_bucket
    from (
        select
            location_id,
            product_id,
            model,
            horizon,
            cutoff_date,
            is_forecast,
            max(bound_bucket) over (
                partition by model, horizon, cutoff_date
                order by forecast_units, is_forecast
                rows between unbounded preceding and current row
            ) as level_bucket
        from (
            select
                location_id,
                product_id,
                model,
                horizon,
                cutoff_date,
                forecast_units,
                cast(null as integer) as bound_bucket,
                1 as is_forecast
            from {{ forecasts }}

            union all

            select
                cast(null as varchar) as location_id,
                cast(null as varchar) as product_id,
                model,
                horizon,
                cutoff_date,
                from_units as forecast_units,
                level_bucket as bound_bucket,
                0 as is_forecast
            from {{ error_quantiles }}
        ) as mixed
    ) as walked
    where is_forecast = 1
{%- endmacro %}
