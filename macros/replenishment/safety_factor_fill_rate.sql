{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro safety_factor_fill_rate(
    order_qty_units, target_fill_rate, sigma_lead_time_units
) -%}
    {{- normal_loss_inverse(
        '((1e0 - ' ~ target_fill_rate ~ ') * ' ~ order_qty_units ~ ' / nullif('
        ~ sigma_lead_time_units ~ ', 0))'
    ) -}}
{%- endmacro %}
