{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro problem(column, value, reason, scope) -%}
    {{ column }} || chr(31)
    || coalesce(
        left(translate({{ value }}, chr(30) || chr(31), '  '), 200), ''
    ) || chr(31)
    || {{ reason }} || chr(31) || {{ scope }}
{%- endmacro %}
