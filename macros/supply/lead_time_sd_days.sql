{#- Documented in macros/supply/_supply__macros.yml -#}

{% macro lead_time_sd_days(lead_time_days) -%}
    stddev_samp(cast({{ lead_time_days }} as double))
{%- endmacro %}
