{#- Documented in macros/statistics/_statistics__macros.yml -#}

{% macro exact_deviation(expression, filter=none, over=none) -%}
    sqrt({{ exact_variance(expression, filter, over) }})
{%- endmacro %}
