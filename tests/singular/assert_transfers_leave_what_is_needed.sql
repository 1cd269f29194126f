-- No location gives more than it can spare, and none both gives and takes a product.

with

given as (

    select
        product_id,
        from_location_id as location_id,
        sum(transfer_units) as given_units,
        min(from_surplus_units) as surplus_units
    from {{ ref('fct_transfer_proposals') }}
    group by product_id, from_location_id

),

taken as (

    select distinct
        product_id,
        to_location_id as location_id
    from {{ ref('fct_transfer_proposals') }}

)

select
    given.product_id,
    given.location_id,
    given.given_units,
    given.surplus_units
from given
left join taken
    on
        given.product_id = taken.product_id
        and given.location_id = taken.location_id
where
    given.given_units > given.surplus_units + 1e-6
    or taken.location_id is not null
