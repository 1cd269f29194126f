{#- Documented in macros/statistics/_statistics__macros.yml -#}

{% macro polynomial(variable, coefficients) -%}
    {%- set nested = namespace(sql=coefficients[-1]) -%}
    {%- for coefficient in coefficients[:-1] | reverse -%}
        {%- set nested.sql = (
            '(' ~ coefficient ~ ' + ' ~ variable ~ ' * ' ~ nested.sql ~ ')'
        ) -%}
    {%- endfor -%}
    {{- nested.sql -}}
{%- endmacro %}
