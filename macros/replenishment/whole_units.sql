{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro whole_units(level_units, target) -%}
    case
        when {{ target }} = 'cost' then floor(({{ level_units }}) + 0.5) + 0e0
        else ceil(({{ level_units }}) - 1e-9) + 0e0
    end
{%- endmacro %}
