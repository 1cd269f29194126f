-- An order starts from the last closing stock of the ledger, zero where that is
-- negative, unknown where there is no ledger.

with

as_of as (

    select as_of_date from {{ ref('input_as_of') }}

),

closing as (

    select
        ledger.location_id,
        ledger.product_id,
        case when ledger.closing_units < 0 then 0 else ledger.closing_units end
            as closing_units
    from {{ ref('fct_stock_daily') }} as ledger
    inner join as_of
        on ledger.stock_date = as_of.as_of_date

),

first_counted_today as (

    -- Counted for the first time on the as-of date: known, and not yet in the ledger.
    select
        counts.location_id,
        counts.product_id,
        min(counts.units) as closing_units
    from {{ ref('input_stock_counts') }} as counts
    cross join as_of
    group by counts.location_id, counts.product_id, as_of.as_of_date
    having min(counts.count_date) = as_of.as_of_date

),

known as (

    select * from closing

    union all

    select * from first_counted_today

)

select
    recommendations.location_id,
    recommendations.product_id,
    recommendations.on_hand_units,
    known.closing_units
from {{ ref('fct_reorder_recommendations') }} as recommendations
left join known
    on
        recommendations.location_id = known.location_id
        and recommendations.product_id = known.product_id
where
    (recommendations.on_hand_units is null) <> (known.closing_units is null)
    or abs(recommendations.on_hand_units - known.closing_units) > 1e-6
