{#-
    A family left out of the run (`dbt build --exclude tag:lstm`) is left out here
    too; a run of this model alone takes what is there.
-#}
{%- set families = [
    ref('int_forecasts_arima'),
    ref('int_forecasts_baselines'),
    ref('int_forecasts_boosting'),
    ref('int_forecasts_forest'),
    ref('int_forecasts_intermittent'),
    ref('int_forecasts_linear'),
    ref('int_forecasts_lstm'),
    ref('int_forecasts_smoothing'),
] -%}
{%- if var('foundation_model_dir') is not none -%}
    {%- do families.append(ref('int_forecasts_foundation')) -%}
{%- endif -%}
{#- Compiled on an empty database, as the linter does: all of them. -#}
{%- set in_run = [] -%}
{%- for family in families if is_in_run(family) -%}
    {%- do in_run.append(family) -%}
{%- endfor %}

with

stacked as (
    {% for family in in_run or families %}
    select
        location_id,
        product_id,
        cutoff_date,
        forecast_date,
        horizon,
        model,
        forecast_units,
        is_fallback
    from {{ family }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from stacked
