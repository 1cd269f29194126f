{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro reject_reason(column, kinds) -%}
    {%- set value = column.name ~ '_value' -%}
    {%- set text = column.name ~ '_text' -%}
    case
        {%- if not column.is_nullable %}
        when {{ text }} is null then 'blank'
        {%- endif %}
        {%- if column.type in kinds %}
        when {{ value }} is null and {{ text }} is not null
            then '{{ kinds[column.type] }}'
        {%- endif %}
        {%- for breach, bound, words in [
            ('<', column.at_least, 'below '),
            ('<=', column.above, 'not above '),
            ('>=', column.below, 'not below '),
        ] if bound is not none %}
        when {{ value }} {{ breach }} {{ bound }} then '{{ words }}{{ bound }}'
        {%- endfor %}
        {#- What a system writes for no date, or a slip in the year. #}
        {%- if column.type == 'date' %}
        when {{ value }} < cast('{{ var("earliest_plausible_date") }}' as date)
            then 'before {{ var("earliest_plausible_date") }}, '
                || 'the earliest plausible date'
        {%- if not column.is_open_ended %}
        when {{ value }} > cast('{{ var("latest_plausible_date") }}' as date)
            then 'after {{ var("latest_plausible_date") }}, '
                || 'the latest plausible date'
        {%- endif %}
        {%- endif %}
        {%- if column.not_before %}
        when {{ value }} < {{ column.not_before }}_value
            then 'before {{ column.not_before }}'
        {%- endif %}
    end
{%- endmacro %}
