{#- Documented in macros/supply/_supply__macros.yml -#}

{% macro receipt_fill_rate(ordered_units, received_units) -%}
    (
        {{ exact_sum(
            'case when (' ~ received_units ~ ') > (' ~ ordered_units ~ ')'
            ~ ' then (' ~ ordered_units ~ ')'
            ~ ' else coalesce(' ~ received_units ~ ', 0) end'
        ) }} / nullif({{ exact_sum(ordered_units) }}, 0)
    )
{%- endmacro %}
