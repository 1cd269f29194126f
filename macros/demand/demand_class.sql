{#- Documented in macros/demand/_demand__macros.yml -#}

{% macro demand_class(
    average_demand_interval, cv_squared, adi_cut='1.32e0', cv_squared_cut='0.49e0'
) -%}
    {%- set is_rare = (
        '(' ~ average_demand_interval ~ ') >= (' ~ adi_cut ~ ') * (1e0 - 1e-12)'
    ) -%}
    {%- set is_uneven = (
        '(' ~ cv_squared ~ ') >= (' ~ cv_squared_cut ~ ') * (1e0 - 1e-12)'
    ) -%}
    case
        when
            ({{ average_demand_interval }}) is null or ({{ cv_squared }}) is null
            then null
        when {{ is_rare }} and {{ is_uneven }} then 'lumpy'
        when {{ is_rare }} then 'intermittent'
        when {{ is_uneven }} then 'erratic'
        else 'smooth'
    end
{%- endmacro %}
