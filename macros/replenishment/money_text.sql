{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro money_text(value) -%}
    cast(cast({{ value }} as decimal(18, 2)) as varchar)
{%- endmacro %}
