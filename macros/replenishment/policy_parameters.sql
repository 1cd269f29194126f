{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro policy_parameters() -%}
    {{- return([
        'target', 'service_level', 'holding_cost_rate_per_year',
        'holding_cost_per_unit_year', 'shortage_cost_per_unit',
        'shortage_cost_margin_multiple', 'order_cost_per_line', 'lead_time_days',
        'review_days',
    ]) -}}
{%- endmacro %}
