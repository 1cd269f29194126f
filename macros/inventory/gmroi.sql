{#- Documented in macros/inventory/_inventory__macros.yml -#}

{% macro gmroi(gross_margin, average_inventory_value, days) -%}
    case
        when ({{ average_inventory_value }}) > 0
            then
                365e0 * ({{ gross_margin }}) / nullif({{ days }}, 0)
                / ({{ average_inventory_value }})
    end
{%- endmacro %}
