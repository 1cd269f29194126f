{% macro forward_cover_days(
    on_hand_units, day_number, forecast_units, cumulative_forecast_units
) -%}
    case
        when max({{ on_hand_units }}) <= 0 then 0e0
        else min(
            case
                when
                    ({{ cumulative_forecast_units }})
                    >= ({{ on_hand_units }}) * (1e0 - 1e-12)
                    and ({{ cumulative_forecast_units }}) - ({{ forecast_units }})
                    < ({{ on_hand_units }}) * (1e0 - 1e-12)
                    then
                        ({{ day_number }}) - 1e0
                        + least(
                            1e0,
                            (
                                ({{ on_hand_units }})
                                - (
                                    ({{ cumulative_forecast_units }})
                                    - ({{ forecast_units }})
                                )
                            ) / nullif({{ forecast_units }}, 0)
                        )
            end
        )
    end
{%- endmacro %}
