{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro decision_columns() -%}
    {{- return([
        'run_id', 'source_system', 'planning_period', 'as_of_date',
        'known_until_date', 'code_version', 'location_id', 'product_id', 'vendor_id',
        'model', 'segment', 'method', 'is_discontinued',
    ] + decision_numbers() + [
        'lead_time_rung', 'target', 'override_reason', 'planner', 'decision_hash',
    ]) -}}
{%- endmacro %}
