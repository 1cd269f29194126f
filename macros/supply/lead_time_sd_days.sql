{#- Documented in macros/supply/_supply__macros.yml -#}

{% macro lead_time_sd_days(lead_time_days) -%}
    {{ exact_deviation(lead_time_days) }}
{%- endmacro %}
