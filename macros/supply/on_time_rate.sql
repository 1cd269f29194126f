{#- Documented in macros/supply/_supply__macros.yml -#}

{% macro on_time_rate(promised_date, received_date) -%}
    {{ exact_mean(
        'case when (' ~ received_date ~ ') <= (' ~ promised_date ~ ') then 1 else 0 end'
    ) }}
{%- endmacro %}
