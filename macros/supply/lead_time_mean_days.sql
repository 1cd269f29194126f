{#- Documented in macros/supply/_supply__macros.yml -#}

{% macro lead_time_mean_days(lead_time_days) -%}
    {{ exact_mean(lead_time_days) }}
{%- endmacro %}
