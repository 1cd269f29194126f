{#- Documented in macros/settings/_settings__macros.yml -#}

{% macro run_id(as_of_date) -%}
    '{{ setting("source_system") }} {{ setting("planning_period") }} '
    || cast({{ as_of_date }} as varchar)
{%- endmacro %}
