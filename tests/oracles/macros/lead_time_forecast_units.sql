{% macro lead_time_forecast_units(
    forecast_units, period_number, lead_time_periods
) -%}
    {%- set share = (
        'least(1e0, greatest(0e0, (' ~ lead_time_periods ~ ') - (' ~ period_number
        ~ ') + 1e0))'
    ) -%}
    case
        when
            coalesce(
                sum(case when ({{ forecast_units }}) is not null then {{ share }} end),
                0e0
            ) >= max({{ lead_time_periods }}) - 1e-9
            then coalesce(sum(({{ forecast_units }}) * {{ share }}), 0e0)
    end
{%- endmacro %}
