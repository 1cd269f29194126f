{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro current_lot_units(eoq_units, max_lot_units, current_demand_share) -%}
    case
        when {{ eoq_units }} is not null
            then least(
                {{ eoq_units }} * sqrt({{ current_demand_share }}),
                {{ max_lot_units }} * {{ current_demand_share }}
            )
    end
{%- endmacro %}
