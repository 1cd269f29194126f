{#-
    The forecasts that today's orders rest on, with the quantiles of the errors that the
    laboratory measured, and those of products without a history.
-#}

with

positions as (

    select
        location_id,
        product_id,
        is_discontinued
    from {{ ref('int_stock_positions') }}

),

segments as (

    select
        location_id,
        product_id,
        segment,
        protection_periods
    from {{ ref('int_forecast_segments') }}

),

origin as (

    select cutoff_date
    from {{ ref('int_forecast_origin') }}

),

forecasts as (

    -- Of what is discontinued nothing more is expected.
    select
        live.location_id,
        live.product_id,
        live.cutoff_date,
        live.forecast_date,
        live.horizon,
        live.model,
        case when positions.is_discontinued then 0 else live.forecast_units end
            as forecast_units,
        coalesce(positions.is_discontinued, false) as is_stopped
    from {{ ref('int_forecasts_live') }} as live
    left join positions
        on
            live.location_id = positions.location_id
            and live.product_id = positions.product_id

),

error_quantiles as (

    -- All errors that the laboratory knew when it last ran.
    select
        measured.model,
        measured.horizon,
        {%- for name, level in forecast_quantile_levels() %}
        measured.{{ name }}_scaled,
        {%- endfor %}
        measured.level_bucket,
        measured.from_units,
        origin.cutoff_date
    from {{ ref('int_forecast_error_quantiles') }} as measured
    cross join origin
    where measured.horizon > 0
    qualify measured.cutoff_date = max(measured.cutoff_date) over ()

),

levels as (

    {{ error_levels('forecasts', 'error_quantiles') }}

),

champions as (

    select
        segment,
        model
    from {{ ref('int_champions_in_force') }}

),

quantiled as (

    select
        forecasts.location_id,
        forecasts.product_id,
        forecasts.model,
        segments.segment,
        forecasts.cutoff_date,
        forecasts.forecast_date,
        forecasts.horizon,
        forecasts.forecast_units,
        {%- for name, level in forecast_quantile_levels() %}
        cast(case when forecasts.is_stopped then 0 else {{ at_least_zero(
            '(forecasts.forecast_units + error_quantiles.' ~ name
            ~ '_scaled * sqrt(forecasts.forecast_units + 0.1))'
        ) }} end as double) as {{ name }},
        {%- endfor %}
        segments.protection_periods,
        cast(null as double) as level_variation,
        champions.model = forecasts.model as is_champion
    from forecasts
    inner join segments
        on
            forecasts.location_id = segments.location_id
            and forecasts.product_id = segments.product_id
    inner join champions
        on segments.segment = champions.segment
    left join levels
        on
            forecasts.location_id = levels.location_id
            and forecasts.product_id = levels.product_id
            and forecasts.model = levels.model
            and forecasts.horizon = levels.horizon
    left join error_quantiles
        on
            forecasts.model = error_quantiles.model
            and forecasts.horizon = error_quantiles.horizon
            and levels.level_bucket = error_quantiles.level_bucket

),

with_new_products as (

    select * from quantiled

    union all

    select
        location_id,
        product_id,
        forecast_model,
        segment,
        cutoff_date,
        forecast_date,
        horizon,
        forecast_units,
        {%- for name, level in forecast_quantile_levels() %}
        {{ name }},
        {%- endfor %}
        cast(null as double) as protection_periods,
        level_variation,
        true as is_champion
    from {{ ref('int_forecasts_new_products') }}

)

select * from with_new_products
