with

locations as (

    select * from {{ ref('input_locations') }}

),

seen as (

    select
        location_id,
        min(first_life_date) as first_seen_date,
        max(last_sale_date) as last_sale_date,
        count(*) as product_count
    from {{ ref('int_location_products') }}
    group by location_id

),

described as (

    select
        locations.location_id,
        locations.location_name,
        locations.region,
        cast(coalesce(seen.product_count, 0) as integer) as product_count,
        seen.first_seen_date,
        seen.last_sale_date as last_seen_date
    from locations
    left join seen
        on locations.location_id = seen.location_id

)

select * from described
