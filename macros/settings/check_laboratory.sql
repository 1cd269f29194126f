{#- Documented in macros/settings/_settings__macros.yml -#}

{% macro check_laboratory() -%}
    {%- set chosen = [] -%}
    {%- for node in selected_resources -%}
        {%- do chosen.append(node.split('.') | last) -%}
    {%- endfor -%}
    {%- if
        execute
        and 'int_forecasts_live' in chosen
        and 'int_forecast_champions' not in chosen
        and adapter.get_relation(
            database=target.database,
            schema='intermediate',
            identifier='int_forecast_champions'
        ) is none
    -%}
        {{ exceptions.raise_compiler_error(
            "restock: no laboratory has run in this database, so there are no champions "
            ~ "to plan with. Run make build once; make plan takes its verdicts."
        ) }}
    {%- endif -%}
{%- endmacro %}
