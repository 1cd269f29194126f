with

promotions as (

    select * from {{ ref('stg_shared__promotions') }}

),

legal as (

    select
        product_id,
        start_date,
        end_date,
        discount_rate,
        location_id

    from promotions

    where not is_rejected

)

select * from legal
