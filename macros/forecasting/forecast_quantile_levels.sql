{#- Documented in macros/forecasting/_forecasting__macros.yml -#}

{% macro forecast_quantile_levels() -%}
    {{- return([
        ('q025', 0.025), ('q05', 0.05), ('q10', 0.1), ('q25', 0.25), ('q50', 0.5),
        ('q75', 0.75), ('q90', 0.9), ('q95', 0.95), ('q975', 0.975),
    ]) -}}
{%- endmacro %}
