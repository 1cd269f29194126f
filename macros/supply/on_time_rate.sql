{#- Documented in macros/supply/_supply__macros.yml -#}

{% macro on_time_rate(promised_date, received_date) -%}
    avg(case when ({{ received_date }}) <= ({{ promised_date }}) then 1e0 else 0e0 end)
{%- endmacro %}
