with

stock_counts as (

    select
        location_id,
        product_id,
        count_date
    from {{ staged('stock_counts') }}

    where not is_rejected

),

as_of as (

    select
        known_until_date,
        cast({{ dbt.dateadd('day', 1, 'known_until_date') }} as date)
            as next_morning_date

    from {{ ref('input_as_of') }}

),

counted as (

    -- A chosen as-of date looks back: what was counted later was not known then.
    select
        stock_counts.location_id,
        as_of.known_until_date,
        as_of.next_morning_date,
        count(*) filter (where stock_counts.count_date = as_of.known_until_date)
            as n_evening_counts,
        count(*) filter (where stock_counts.count_date = as_of.next_morning_date)
            as n_counts

    from stock_counts
    cross join as_of

    where {{ 'false' if setting('as_of_date') else 'true' }}

    group by
        stock_counts.location_id,
        as_of.known_until_date,
        as_of.next_morning_date

),

taken as (

    select
        location_id,
        next_morning_date as counted_date,
        known_until_date as count_date,
        n_counts

    from counted

    where n_counts > 0 and n_evening_counts = 0

)

select * from taken
