with

opening_counts as (

    select * from {{ ref('stg_bibitor__opening_counts') }}

),

closing_counts as (

    select * from {{ ref('stg_bibitor__closing_counts') }}

),

sales as (

    select * from {{ ref('stg_bibitor__sales') }}

),

purchase_order_lines as (

    select * from {{ ref('stg_bibitor__purchase_order_lines') }}

),

mentions as (

    select
        location_id,
        city,
        min(count_date) as first_seen_date

    from opening_counts

    where not is_rejected

    group by location_id, city

    union all

    select
        location_id,
        city,
        min(count_date) as first_seen_date

    from closing_counts

    where not is_rejected

    group by location_id, city

    union all

    select
        location_id,
        cast(null as varchar) as city,
        min(sale_date) as first_seen_date

    from sales

    where not is_rejected

    group by location_id

    union all

    select
        location_id,
        cast(null as varchar) as city,
        min(ordered_date) as first_seen_date

    from purchase_order_lines

    where not is_rejected

    group by location_id

),

named as (

    select
        location_id,
        city as location_name,
        cast(null as varchar) as region,
        min(first_seen_date) as first_seen_date,
        false as is_rejected

    from mentions

    group by location_id, city

)

select * from named
