{#- Documented in macros/statistics/_statistics__macros.yml -#}

{% macro normal_cdf(x) -%}
    {%- set z = 'least(abs(' ~ x ~ '), 4e1)' -%}
    (
        case when ({{ x }}) > 0 then 1e0 else 0e0 end
        - case when ({{ x }}) > 0 then 1e0 else -1e0 end
        * exp(-0.5e0 * ({{ x }}) * ({{ x }})) * {{ normal_tail_factor(z) }}
    )
{%- endmacro %}
