{#- Documented in macros/statistics/_statistics__macros.yml -#}

{% macro exact_mean(expression, filter=none, over=none) -%}
    cast(avg(cast({{ expression }} as decimal(38, 12)))
    {%- if filter %} filter (where {{ filter }}){% endif %}
    {%- if over %} over {{ over }}{% endif %} as double)
{%- endmacro %}
