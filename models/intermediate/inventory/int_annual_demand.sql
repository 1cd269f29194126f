with

as_of as (

    select as_of_date from {{ ref('input_as_of') }}

),

unconstrained as (

    select * from {{ ref('int_demand_unconstrained') }}

),

location_products as (

    select
        location_id,
        product_id
    from {{ ref('int_location_products') }}

),

last_year as (

    select
        unconstrained.location_id,
        unconstrained.product_id,
        sum(unconstrained.bucket_days) as observed_days,
        sum(unconstrained.sold_units) as sold_units,
        sum(unconstrained.unconstrained_units) as unconstrained_units,
        sum(case
            when unconstrained.is_empty or unconstrained.is_sold_out
                then unconstrained.bucket_days
            else 0
        end) as stockout_days
    from unconstrained
    cross join as_of
    where
        {{ dbt.datediff('unconstrained.bucket_date', 'as_of.as_of_date', 'day') }}
        < {{ var('annual_demand_window_days') }}
    group by unconstrained.location_id, unconstrained.product_id

),

annualised as (

    select
        location_products.location_id,
        location_products.product_id,
        cast(coalesce(last_year.observed_days, 0) as integer)
            as demand_observed_days,
        cast(coalesce(last_year.stockout_days, 0) as integer)
            as demand_stockout_days,
        cast(coalesce(
            {{ at_least_zero('last_year.unconstrained_units') }}
            * 365.0 / last_year.observed_days,
            0
        ) as double) as annual_demand_units,
        cast(coalesce(
            last_year.sold_units * 365.0 / last_year.observed_days, 0
        ) as double) as annual_sold_units
    from location_products
    left join last_year
        on
            location_products.location_id = last_year.location_id
            and location_products.product_id = last_year.product_id

)

select * from annualised
