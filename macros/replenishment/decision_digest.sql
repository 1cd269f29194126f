{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro decision_digest() -%}
    {%- for number in decision_numbers() %}
    || '|' || coalesce(cast(cast({{ number }} as double) as varchar), '')
    {%- endfor %}
    || '|' || coalesce(model, '') || '|' || coalesce(target, '')
{%- endmacro %}
