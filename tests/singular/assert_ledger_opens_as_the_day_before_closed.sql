-- Neither a day nor a unit may be missing between two days of a pair.

with

ledger as (

    select
        location_id,
        product_id,
        cast({{ dbt.dateadd('day', -1, 'stock_date') }} as date) as day_before,
        opening_units,
        lag(closing_units) over (
            partition by location_id, product_id order by stock_date
        ) as previous_closing_units,
        lag(stock_date) over (
            partition by location_id, product_id order by stock_date
        ) as previous_date
    from {{ ref('fct_stock_daily') }}

)

select * from ledger
where
    previous_date is not null
    and (
        previous_date <> day_before
        or abs(opening_units - previous_closing_units) > 1e-6
    )
