with

availability as (

    select * from {{ ref('stg_shared__availability') }}

),

as_of as (

    select known_until_date from {{ ref('input_as_of') }}

),

known as (

    select
        availability.location_id,
        availability.product_id,
        availability.period_date,
        availability.is_in_stock

    from availability
    inner join as_of
        on availability.period_date <= as_of.known_until_date

    where not availability.is_rejected

)

select * from known
