with

locations as (

    select * from {{ staged('locations') }}

),

sales as (

    select * from {{ ref('input_sales') }}

),

stock_counts as (

    select * from {{ ref('input_stock_counts') }}

),

purchase_order_lines as (

    select * from {{ ref('input_purchase_order_lines') }}

),

as_of as (

    select as_of_date from {{ ref('input_as_of') }}

),

listed as (

    -- The first name wins: a later one must not rename the past.
    select
        locations.location_id,
        locations.location_name,
        locations.region

    from locations
    inner join as_of
        on
            coalesce(locations.first_seen_date, as_of.as_of_date)
            <= as_of.as_of_date

    where not locations.is_rejected

    qualify row_number() over (
        partition by locations.location_id
        order by
            case when locations.location_name is null then 1 else 0 end asc,
            locations.first_seen_date asc nulls first,
            locations.location_name asc
    ) = 1

),

mentions as (

    select location_id from sales

    union

    select location_id from stock_counts

    union

    select location_id from purchase_order_lines

),

combined as (

    select
        location_id,
        location_name,
        region

    from listed

    union all

    select
        location_id,
        cast(null as varchar) as location_name,
        cast(null as varchar) as region

    from mentions

    where location_id not in (select listed.location_id from listed)

),

named as (

    select
        location_id,
        coalesce(location_name, 'Store ' || location_id) as location_name,
        region

    from combined

)

select * from named
