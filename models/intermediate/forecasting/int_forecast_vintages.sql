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
{%- set folder = setting('raw_data_dir') | replace("'", "''") %}

with

forecasts as (

    select * from {{ ref('int_forecasts_planned') }}
    where is_champion or model = 'seasonal_naive'

),

kept as (

    select
        cast('{{ setting('source_system') }}' as varchar) as source_system,
        cast('{{ folder }}' as varchar) as raw_data_dir,
        cast('{{ setting('planning_period') }}' as varchar) as planning_period,
        cutoff_date as origin_date,
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

),

earlier as (

    select distinct
        source_system,
        raw_data_dir,
        planning_period,
        origin_date
    from {{ this if is_incremental() else 'kept' }}
    where {{ is_incremental() | lower }}

),

added as (

    select kept.*
    from kept
    left join earlier
        on
            kept.source_system = earlier.source_system
            and kept.raw_data_dir = earlier.raw_data_dir
            and kept.planning_period = earlier.planning_period
            and kept.origin_date = earlier.origin_date
    where earlier.origin_date is null

)

select * from added
