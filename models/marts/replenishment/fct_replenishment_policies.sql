{%- set parameters = [
    'target', 'service_level', 'holding_cost_rate_per_year',
    'holding_cost_per_unit_year', 'shortage_cost_per_unit',
    'shortage_cost_margin_multiple', 'order_cost_per_line', 'lead_time_days',
    'review_days',
] -%}

with

policies as (

    select * from {{ ref('int_policies_resolved') }}

),

published as (

    select
        location_id,
        product_id,
        abc_class,
        {%- for parameter in parameters %}
        {{ parameter }},
        {{ parameter }}_origin{{ ',' if not loop.last }}
        {%- endfor %}
    from policies

)

select * from published
