{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro critical_ratio(overage_cost, underage_cost) -%}
    (
        1e0 * ({{ underage_cost }})
        / nullif(({{ underage_cost }}) + ({{ overage_cost }}), 0)
    )
{%- endmacro %}
