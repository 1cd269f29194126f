{#- Most specific scope wins, column by column; an empty cell inherits. -#}
{%- set scopes = [
    'location_product', 'product', 'location', 'vendor', 'abc_class', 'category',
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
        {%- for parameter in policy_parameters() %}
        coalesce(
            {%- for scope in scopes %}
            by_{{ scope }}.{{ parameter }},
            {%- endfor %}
            by_default.{{ parameter }}
        ) as {{ parameter }},
        case
            {%- for scope in scopes %}
            when by_{{ scope }}.{{ parameter }} is not null
                then '{{ scope }} ' || by_{{ scope }}.scope_value
            {%- endfor %}
            when by_default.{{ parameter }} is not null then 'default'
        end as {{ parameter }}_origin,
        {%- endfor %}
        pairs.abc_class
    from pairs
    left join policies as by_location_product
        on
            by_location_product.scope_type = 'location_product'
            and by_location_product.scope_value
            = pairs.location_id || '|' || pairs.product_id
    left join policies as by_product
        on
            by_product.scope_type = 'product'
            and pairs.product_id = by_product.scope_value
    left join policies as by_location
        on
            by_location.scope_type = 'location'
            and pairs.location_id = by_location.scope_value
    left join policies as by_vendor
        on
            by_vendor.scope_type = 'vendor'
            and pairs.vendor_id = by_vendor.scope_value
    left join policies as by_abc_class
        on
            by_abc_class.scope_type = 'abc_class'
            and pairs.abc_class = by_abc_class.scope_value
    left join policies as by_category
        on
            by_category.scope_type = 'category'
            and pairs.category = by_category.scope_value
    left join policies as by_default
        on by_default.scope_type = 'default'

)

select * from resolved
