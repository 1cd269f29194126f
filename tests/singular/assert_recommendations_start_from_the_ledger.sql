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

counted_since as (

    -- A first count on the as-of date, or any until the Sunday of a weekly source:
    -- known, and not yet in the ledger.
    select
        counts.location_id,
        counts.product_id,
        max_by(counts.units, counts.count_date) as counted_units
    from {{ ref('input_stock_counts') }} as counts
    cross join as_of
    group by counts.location_id, counts.product_id, as_of.as_of_date
    having
        min(counts.count_date) >= as_of.as_of_date
        or max(counts.count_date) > as_of.as_of_date

),

known as (

    select
        coalesce(closing.location_id, counted_since.location_id) as location_id,
        coalesce(closing.product_id, counted_since.product_id) as product_id,
        coalesce(counted_since.counted_units, closing.closing_units)
            as closing_units
    from closing
    full outer join counted_since
        on
            closing.location_id = counted_since.location_id
            and closing.product_id = counted_since.product_id

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
