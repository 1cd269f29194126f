{#- Documented in macros/inventory/_inventory__macros.yml -#}

{% macro inventory_turnover(cogs, average_inventory_value, ledger_days) -%}
    case
        when ({{ average_inventory_value }}) > 0
            then
                365e0 * ({{ cogs }}) / nullif({{ ledger_days }}, 0)
                / ({{ average_inventory_value }})
    end
{%- endmacro %}
