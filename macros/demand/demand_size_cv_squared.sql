{#- Documented in macros/demand/_demand__macros.yml -#}

{% macro demand_size_cv_squared(demand_units) -%}
    {%- set size = (
        'case when (' ~ demand_units ~ ') > 0 then cast(' ~ demand_units
        ~ ' as double) end'
    ) -%}
    case
        when count({{ size }}) = 1 then 0e0
        else
            {{ exact_variance(size) }}
            / nullif({{ exact_mean(size) }} * {{ exact_mean(size) }}, 0)
    end
{%- endmacro %}
