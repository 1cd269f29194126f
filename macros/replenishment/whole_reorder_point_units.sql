{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro whole_reorder_point_units(reorder_point_units) -%}
    (ceil({{ reorder_point_units }} - 1e-9) + 0e0)
{%- endmacro %}
