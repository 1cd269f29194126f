{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro default__raise_error(message) -%}
    raise_error({{ message }})
{%- endmacro %}
