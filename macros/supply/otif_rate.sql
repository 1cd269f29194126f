{#- Documented in macros/supply/_supply__macros.yml -#}

{% macro otif_rate(ordered_units, received_units, promised_date, received_date) -%}
    avg(
        case
            when
                ({{ received_date }}) <= ({{ promised_date }})
                and coalesce({{ received_units }}, 0) >= ({{ ordered_units }})
                then 1e0
            else 0e0
        end
    )
{%- endmacro %}
