{#- Documented in macros/statistics/_statistics__macros.yml -#}

{% macro normal_pdf(x) -%}
    (3.9894228040143268e-01 * exp(-0.5e0 * ({{ x }}) * ({{ x }})))
{%- endmacro %}
