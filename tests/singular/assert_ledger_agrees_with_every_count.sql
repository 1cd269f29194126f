-- A count outranks the book: the day of a count closes with it. The first count opens
-- the ledger, so the day after it opens with it.

with

as_of as (

    select as_of_date from {{ ref('input_as_of') }}

),

counts as (

    select
        location_id,
        product_id,
        count_date,
        units,
        min(count_date) over (
            partition by location_id, product_id
        ) as first_count_date,
        cast({{ dbt.dateadd('day', 1, 'count_date') }} as date) as next_date
    from {{ ref('input_stock_counts') }}

),

ledger as (

    select * from {{ ref('fct_stock_daily') }}

),

compared as (

    select
        counts.location_id,
        counts.product_id,
        counts.count_date,
        counts.units as counted_units,
        case
            when counts.count_date = counts.first_count_date
                then ledger.opening_units
            else ledger.closing_units
        end as ledger_units
    from counts
    cross join as_of
    left join ledger
        on
            counts.location_id = ledger.location_id
            and counts.product_id = ledger.product_id
            and ledger.stock_date = case
                when counts.count_date = counts.first_count_date
                    then counts.next_date
                else counts.count_date
            end
    where
        counts.count_date > counts.first_count_date
        or counts.count_date < as_of.as_of_date

)

select * from compared
where coalesce(abs(counted_units - ledger_units) > 1e-6, true)
