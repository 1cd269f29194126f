{#- Documented in macros/dates/_dates__macros.yml -#}

{% macro each_day(relation, from_date, to_date) -%}
    {{ return(adapter.dispatch('each_day', 'restock')(relation, from_date, to_date)) }}
{%- endmacro %}
