{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro lead_time_forecast_units(
    forecast_units, period_number, lead_time_periods
) -%}
    case
        when max({{ lead_time_periods }}) <= max({{ period_number }}) + 1e-9
            then sum(
                ({{ forecast_units }})
                * least(
                    1e0,
                    greatest(0e0, ({{ lead_time_periods }}) - ({{ period_number }}) + 1e0)
                )
            )
    end
{%- endmacro %}
