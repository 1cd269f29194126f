with

price_breaks as (

    select * from {{ ref('stg_shared__price_breaks') }}

),

legal as (

    select
        product_id,
        vendor_id,
        min_units,
        unit_cost

    from price_breaks

    where not is_rejected

)

select * from legal
