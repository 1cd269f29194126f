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
        -- What ended sells nothing any more, and that is known.
        sum(case
            when unconstrained.is_ended or not unconstrained.is_estimate_missing
                then unconstrained.bucket_days
            else 0
        end) as known_days,
        {{ exact_sum('unconstrained.sold_units') }} as sold_units,
        {{ exact_sum('unconstrained.unconstrained_units') }} as unconstrained_units,
        sum(case
            when
                not unconstrained.is_ended
                and (unconstrained.is_empty or unconstrained.is_sold_out)
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

scaled as (

    -- Days that nobody can estimate are like the known ones, if these are the greater
    -- part. Else to scale would be to guess.
    select
        *,
        365.0 / case
            when 2 * known_days >= observed_days then known_days else observed_days
        end as year_ratio
    from last_year

),

annualised as (

    select
        location_products.location_id,
        location_products.product_id,
        cast(coalesce(scaled.observed_days, 0) as integer) as demand_observed_days,
        cast(coalesce(scaled.known_days, 0) as integer) as demand_known_days,
        cast(coalesce(scaled.stockout_days, 0) as integer) as demand_stockout_days,
        cast(coalesce(
            {{ at_least_zero('scaled.unconstrained_units') }} * scaled.year_ratio, 0
        ) as double) as annual_demand_units,
        cast(coalesce(
            scaled.sold_units * 365.0 / scaled.observed_days, 0
        ) as double) as annual_sold_units
    from location_products
    left join scaled
        on
            location_products.location_id = scaled.location_id
            and location_products.product_id = scaled.product_id

)

select * from annualised
