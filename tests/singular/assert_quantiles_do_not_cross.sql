-- A higher level with a lower quantile is no distribution; what interpolation rounds
-- off is no crossing.

{%- set levels = [
    'q025', 'q05', 'q10', 'q25', 'q50', 'q75', 'q90', 'q95', 'q975',
] %}
{%- set demand_levels = [
    'q05', 'q10', 'q20', 'q25', 'q50', 'q75', 'q80', 'q90', 'q95', 'q975', 'q99',
] %}

with

forecasts as (

    select
        'fct_forecasts' as relation,
        location_id,
        product_id,
        model,
        {%- for level in levels[1:] %}
        case
            when {{ level }} < {{ levels[loop.index0] }} - 1e-9 then 1
            else 0
        end +
        {%- endfor %}
        0 as crossing_count
    from {{ ref('fct_forecasts') }}

),

backtests as (

    select
        'fct_forecast_backtests' as relation,
        location_id,
        product_id,
        model,
        {%- for level in levels[1:] %}
        case
            when {{ level }} < {{ levels[loop.index0] }} - 1e-9 then 1
            else 0
        end +
        {%- endfor %}
        0 as crossing_count
    from {{ ref('fct_forecast_backtests') }}

),

lead_time_demand as (

    select
        'fct_lead_time_demand' as relation,
        location_id,
        product_id,
        model,
        {%- for level in demand_levels[1:] %}
        case
            when
                {{ level }}_units < {{ demand_levels[loop.index0] }}_units - 1e-9
                then 1
            else 0
        end +
        {%- endfor %}
        0 as crossing_count
    from {{ ref('fct_lead_time_demand') }}

),

checked as (

    select * from forecasts

    union all

    select * from backtests

    union all

    select * from lead_time_demand

)

select * from checked
where crossing_count > 0
