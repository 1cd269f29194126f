{#- Documented in macros/inventory/_inventory__macros.yml -#}

{% macro xyz_class(coefficient_of_variation, x_cut, y_cut) -%}
    case
        when ({{ coefficient_of_variation }}) <= ({{ x_cut }}) + 1e-12 then 'X'
        when ({{ coefficient_of_variation }}) <= ({{ y_cut }}) + 1e-12 then 'Y'
        else 'Z'
    end
{%- endmacro %}
