{#- Most specific scope wins, column by column; an empty cell inherits. -#}
{%- set scopes = [
    ('location_product', "pairs.location_id || '|' || pairs.product_id"),
    ('product', 'pairs.product_id'),
    ('location', 'pairs.location_id'),
    ('vendor', 'pairs.vendor_id'),
    ('abc_class', 'pairs.abc_class'),
    ('category', 'pairs.category'),
] -%}
{%- set parameters = [
    'target', 'service_level', 'holding_cost_rate_per_year',
    'holding_cost_per_unit_year', 'shortage_cost_per_unit',
    'shortage_cost_margin_multiple', 'order_cost_per_line', 'lead_time_days',
    'review_days',
] -%}

with

pairs as (

    select
        classes.location_id,
        classes.product_id,
        classes.abc_class,
        products.vendor_id,
        products.category
    from {{ ref('int_abc_classes') }} as classes
    inner join {{ ref('input_products') }} as products
        on classes.product_id = products.product_id

),

policies as (

    select * from {{ ref('replenishment_policies') }}

),

resolved as (

    select
        pairs.location_id,
        pairs.product_id,
        pairs.abc_class,
        {%- for parameter in parameters %}
        coalesce(
            {%- for scope, key in scopes %}
            by_{{ scope }}.{{ parameter }},
            {%- endfor %}
            by_default.{{ parameter }}
        ) as {{ parameter }},
        case
            {%- for scope, key in scopes %}
            when by_{{ scope }}.{{ parameter }} is not null
                then '{{ scope }} ' || by_{{ scope }}.scope_value
            {%- endfor %}
            when by_default.{{ parameter }} is not null then 'default'
        end as {{ parameter }}_origin{{ ',' if not loop.last }}
        {%- endfor %}
    from pairs
    {%- for scope, key in scopes %}
    left join policies as by_{{ scope }}
        on
            by_{{ scope }}.scope_type = '{{ scope }}'
            and by_{{ scope }}.scope_value = {{ key }}
    {%- endfor %}
    left join policies as by_default
        on by_default.scope_type = 'default'

)

select * from resolved
