with

opening_counts as (

    select * from {{ ref('stg_bibitor__opening_counts') }}

),

closing_counts as (

    select * from {{ ref('stg_bibitor__closing_counts') }}

),

combined as (

    -- Only the opening count is taken to name every product on the shelf: at the close
    -- of a year a product that is not listed may not have been looked for.
    select
        location_id,
        product_id,
        units,
        count_date,
        true as is_full_count,
        is_rejected

    from opening_counts

    union all

    select
        location_id,
        product_id,
        units,
        count_date,
        false as is_full_count,
        is_rejected

    from closing_counts

)

select * from combined
