{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro reorder_point_units(mean_units, periods, safety_stock_units) -%}
    (1e0 * ({{ mean_units }}) * ({{ periods }}) + ({{ safety_stock_units }}))
{%- endmacro %}
