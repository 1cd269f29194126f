{#- Documented in macros/inventory/_inventory__macros.yml -#}

{% macro stock_status(
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
        when ({{ daily_forecast_units }}) <= 0 and {{ stock }} > 0 then 'dead'
        when ({{ daily_forecast_units }}) <= 0 then 'no_demand'
        when
            {{ until_help }} is null
            or {{ norm }} is null
            or ({{ on_order_units }}) is null
            then null
        when {{ stock }} <= 0 then 'stocked_out'
        when {{ stock }} < {{ until_help }} then 'potential_stock_out'
        when {{ stock }} > {{ norm }} then 'excess'
        when ({{ on_order_units }}) > 0 and {{ projected }} > 0 then 'surplus_orders'
        else 'ok'
    end
{%- endmacro %}
