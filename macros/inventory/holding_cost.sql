{#- Documented in macros/inventory/_inventory__macros.yml -#}

{% macro holding_cost(
    average_inventory_value, holding_cost_rate_per_year, days, days_per_year='365e0'
) -%}
    (
        case when ({{ average_inventory_value }}) < 0 then 0e0
        else 1e0 * ({{ average_inventory_value }}) end
        * ({{ holding_cost_rate_per_year }}) * ({{ days }}) / ({{ days_per_year }})
    )
{%- endmacro %}
