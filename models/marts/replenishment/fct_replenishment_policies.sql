with

policies as (

    select * from {{ ref('int_policies_resolved') }}

),

published as (

    select
        location_id,
        product_id,
        {%- for parameter in policy_parameters() %}
        {{ parameter }},
        {{ parameter }}_origin,
        {%- endfor %}
        abc_class
    from policies

)

select * from published
