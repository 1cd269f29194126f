{#-
    What each run said of the future, kept for ever: a rebuild cannot recreate it, so
    not even --full-refresh may. The first run at an origin counts.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='append_new_columns'
) }}

with

forecasts as (

    select * from {{ ref('fct_forecasts') }}
    where is_champion or model = 'seasonal_naive'

),

kept as (

    select
        cast('{{ setting('source_system') }}' as varchar) as source_system,
        cast('{{ setting('raw_data_dir') | replace("'", "''") }}' as varchar) as raw_data_dir,
        cast('{{ setting('planning_period') }}' as varchar) as planning_period,
        origin_date,
        location_id,
        product_id,
        model,
        forecast_date,
        horizon,
        forecast_units,
        {%- for name, level in forecast_quantile_levels() %}
        {{ name }},
        {%- endfor %}
        is_champion
    from forecasts

)

select * from kept
{% if is_incremental() %}
where not exists (
    select 1
    from {{ this }} as earlier
    where
        kept.source_system = earlier.source_system
        and kept.raw_data_dir = earlier.raw_data_dir
        and kept.planning_period = earlier.planning_period
        and kept.origin_date = earlier.origin_date
)
{% endif %}
