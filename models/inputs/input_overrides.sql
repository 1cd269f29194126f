with

overrides as (

    select * from {{ ref('stg_shared__overrides') }}

),

as_of as (

    select known_until_date from {{ ref('input_as_of') }}

),

known as (

    -- One without a date holds for every run.
    select
        overrides.location_id,
        overrides.product_id,
        overrides.override_date,
        overrides.order_qty_units,
        overrides.reason,
        overrides.planner

    from overrides
    cross join as_of

    where
        not overrides.is_rejected
        and coalesce(overrides.override_date <= as_of.known_until_date, true)

)

select * from known
