{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro least_order_units(pack_size_units, min_order_units) -%}
    case
        when greatest(
            coalesce({{ pack_size_units }}, 1), coalesce({{ min_order_units }}, 0)
        ) > 1
            then greatest(
                coalesce({{ pack_size_units }}, 1), coalesce({{ min_order_units }}, 0)
            )
        else 0
    end
{%- endmacro %}
