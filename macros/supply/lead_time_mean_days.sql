{#- Documented in macros/supply/_supply__macros.yml -#}

{% macro lead_time_mean_days(lead_time_days) -%}
    avg(cast({{ lead_time_days }} as double))
{%- endmacro %}
