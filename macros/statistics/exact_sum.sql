{#- Documented in macros/statistics/_statistics__macros.yml -#}

{% macro exact_sum(expression, filter=none, over=none) -%}
    cast(sum(cast({{ expression }} as decimal(38, 12)))
    {%- if filter %} filter (where {{ filter }}){% endif %}
    {%- if over %} over {{ over }}{% endif %} as double)
{%- endmacro %}
