{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro problem_scope(column) -%}
    {%- if not column.if_implausible -%}
        {{- return("'" ~ column.if_bad ~ "'") -}}
    {%- endif -%}
    case
        {%- for breach in implausible_dates(column) %}
        when {{ breach.condition }} then '{{ breach.scope }}'
        {%- endfor %}
        else '{{ column.if_bad }}'
    end
{%- endmacro %}
