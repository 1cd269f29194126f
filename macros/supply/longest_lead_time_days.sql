{#- Documented in macros/supply/_supply__macros.yml -#}

{% macro longest_lead_time_days(mean_days, sd_days) -%}
    case
        when coalesce({{ sd_days }}, 0) <= 0 or {{ mean_days }} <= 0
            then {{ mean_days }}
        else 1.01 * {{ mean_days }} * power(
            1 - power({{ sd_days }} / {{ mean_days }}, 2) / 9
            + 2.3263478740408408 * {{ sd_days }} / {{ mean_days }} / 3,
            3
        )
    end
{%- endmacro %}
