{#- Documented in macros/statistics/_statistics__macros.yml -#}

{% macro exact_variance(expression, filter=none, over=none) -%}
    {%- set square = '(' ~ expression ~ ') * (' ~ expression ~ ')' -%}
    {%- set squares = exact_sum(square, filter, over) -%}
    {%- set total = exact_sum(expression, filter, over) -%}
    {%- set count -%}
        count({{ expression }})
        {%- if filter %} filter (where {{ filter }}){% endif %}
        {%- if over %} over {{ over }}{% endif %}
    {%- endset -%}
    {%- set deviations = (
        squares ~ ' - ' ~ total ~ ' * ' ~ total ~ ' / nullif(' ~ count ~ ', 0)'
    ) -%}
    (case
        when {{ deviations }} > 1e-12 * ({{ squares }} + {{ count }})
            then {{ deviations }}
        when {{ deviations }} is not null then 0e0
    end / nullif({{ count }} - 1, 0))
{%- endmacro %}
