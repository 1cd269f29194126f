{#- Documented in macros/supply/_supply__macros.yml -#}

{% macro price_variance(received_units, standard_unit_cost, invoiced_unit_cost) -%}
    {{ exact_sum(
        'case when (' ~ invoiced_unit_cost ~ ') is null then 0e0'
        ~ ' else 1e0 * ((' ~ invoiced_unit_cost ~ ') - (' ~ standard_unit_cost ~ '))'
        ~ ' * coalesce(' ~ received_units ~ ', 0) end'
    ) }}
{%- endmacro %}
