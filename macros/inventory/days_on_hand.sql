{#- Documented in macros/inventory/_inventory__macros.yml -#}

{% macro days_on_hand(cogs, average_inventory_value, ledger_days) -%}
    case
        when ({{ average_inventory_value }}) > 0
            then
                1e0 * ({{ average_inventory_value }}) * nullif({{ ledger_days }}, 0)
                / nullif({{ cogs }}, 0)
    end
{%- endmacro %}
