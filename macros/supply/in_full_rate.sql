{#- Documented in macros/supply/_supply__macros.yml -#}

{% macro in_full_rate(ordered_units, received_units) -%}
    avg(
        case
            when coalesce({{ received_units }}, 0) >= ({{ ordered_units }}) then 1e0
            else 0e0
        end
    )
{%- endmacro %}
