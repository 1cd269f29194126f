{#- Documented in macros/inventory/_inventory__macros.yml -#}

{% macro stock_status_units(
    available_units,
    daily_forecast_units,
    lead_time_days,
    next_receipt_days,
    safety_stock_units,
    cycle_stock_units,
    on_order_units='0'
) -%}
    {%- set stock = (
        '(case when (' ~ available_units ~ ') > 0 then (' ~ available_units
        ~ ') else 0 end)'
    ) -%}
    {%- set until_help = (
        '(1e0 * (' ~ daily_forecast_units ~ ') * coalesce(' ~ next_receipt_days ~ ', '
        ~ lead_time_days ~ '))'
    ) -%}
    {%- set norm = '(' ~ safety_stock_units ~ ' + ' ~ cycle_stock_units ~ ')' -%}
    {%- set projected = (
        '(' ~ stock ~ ' + ' ~ on_order_units ~ ' - ' ~ until_help ~ ' - ' ~ norm ~ ')'
    ) -%}
    case
        when
            ({{ available_units }}) is null or ({{ daily_forecast_units }}) is null
            then null
        when ({{ daily_forecast_units }}) <= 0 and {{ stock }} > 0
            then 1e0 * {{ stock }}
        when ({{ daily_forecast_units }}) <= 0 then 0e0
        when
            {{ until_help }} is null
            or {{ norm }} is null
            or ({{ on_order_units }}) is null
            then null
        when {{ stock }} <= 0 then {{ until_help }}
        when {{ stock }} < {{ until_help }} then {{ until_help }} - {{ stock }}
        when {{ stock }} > {{ norm }} then 1e0 * ({{ stock }} - {{ norm }})
        when ({{ on_order_units }}) > 0 and {{ projected }} > 0 then {{ projected }}
        else 0e0
    end
{%- endmacro %}
