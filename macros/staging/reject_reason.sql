{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro reject_reason(column, kinds) -%}
    {%- set value = column.name ~ '_value' -%}
    {%- set text = column.name ~ '_text' -%}
    case
        {%- if not column.is_nullable %}
        when {{ text }} is null then 'blank'
        {%- endif %}
        {%- if column.type == 'double' %}
        when {{ value }} is null and {{ text }} like '%,%'
            then 'not a number: a comma in it; write 1299.50'
        {%- if column.has_decimal_commas %}
        {#- Where commas part the decimals, points part the thousands. #}
        when {{ text }} like '%.___'
            and regexp_replace(
                {{ text }}, '^[+-]?[1-9][0-9]{0,2}([.][0-9][0-9][0-9])+$', ''
            ) = ''
            then 'not a number: a point that parts thousands; write 1299.50'
        {%- endif %}
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
        {%- for breach in implausible_dates(column) if column.type == 'date' %}
        when {{ breach.condition }} then '{{ breach.reason }}'
        {%- endfor %}
    end
{%- endmacro %}
