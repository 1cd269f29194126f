{#- Documented in macros/supply/_supply__macros.yml -#}

{% macro otif_rate(ordered_units, received_units, promised_date, received_date) -%}
    {{ exact_mean(
        'case when (' ~ received_date ~ ') <= (' ~ promised_date ~ ')'
        ~ ' and coalesce(' ~ received_units ~ ', 0) >= (' ~ ordered_units ~ ')'
        ~ ' then 1 else 0 end'
    ) }}
{%- endmacro %}
