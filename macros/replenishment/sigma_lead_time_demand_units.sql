{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro sigma_lead_time_demand_units(
    mean_units, sigma_units, lead_time_periods, lead_time_sd_periods='0e0'
) -%}
    sqrt(
        1e0 * ({{ lead_time_periods }}) * ({{ sigma_units }}) * ({{ sigma_units }})
        + 1e0 * ({{ mean_units }}) * ({{ mean_units }})
        * ({{ lead_time_sd_periods }}) * ({{ lead_time_sd_periods }})
    )
{%- endmacro %}
