{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro current_lot_units(
    eoq_units, max_lot_units, current_demand_share, pack_size_units, min_order_units
) -%}
    case
        when {{ current_demand_share }} > 0
            then greatest(
                {{ least_order_units(pack_size_units, min_order_units) }},
                coalesce(
                    case
                        when {{ eoq_units }} is not null
                            then least(
                                {{ eoq_units }} * sqrt({{ current_demand_share }}),
                                {{ max_lot_units }} * {{ current_demand_share }}
                            )
                    end,
                    0
                )
            )
        else 0
    end
{%- endmacro %}
