{#- Documented in macros/supply/_supply__macros.yml -#}

{% macro lead_time_quantile_days(lead_time_days, probability) -%}
    percentile_cont({{ probability }}) within group (
        order by cast({{ lead_time_days }} as double)
    )
{%- endmacro %}
