{#- Documented in macros/demand/_demand__macros.yml -#}

{% macro average_demand_interval(demand_units) -%}
    (
        cast(count({{ demand_units }}) as double)
        / nullif(count(case when ({{ demand_units }}) > 0 then 1 end), 0)
    )
{%- endmacro %}
