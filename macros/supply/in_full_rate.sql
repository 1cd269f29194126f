{#- Documented in macros/supply/_supply__macros.yml -#}

{% macro in_full_rate(ordered_units, received_units) -%}
    {{ exact_mean(
        'case when coalesce(' ~ received_units ~ ', 0) >= (' ~ ordered_units ~ ')'
        ~ ' then 1 else 0 end'
    ) }}
{%- endmacro %}
