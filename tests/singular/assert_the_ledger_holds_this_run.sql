-- What today's orders recommend is in the ledger, unless a later run is there already:
-- a past date that is done again does not change what was decided then.

with

later_runs as (

    select max(ledger.as_of_date) as as_of_date
    from {{ ref('int_decision_ledger') }} as ledger
    where
        ledger.source_system = '{{ setting("source_system") }}'
        and ledger.planning_period = '{{ setting("planning_period") }}'

),

recommendations as (

    select
        {{ run_id('as_of_date') }} as run_id,
        location_id,
        product_id,
        as_of_date,
        proposed_qty_units
    from {{ ref('fct_reorder_recommendations') }}

)

select recommendations.*
from recommendations
inner join later_runs
    on recommendations.as_of_date = later_runs.as_of_date
left join {{ ref('fct_decision_ledger') }} as ledger
    on
        recommendations.run_id = ledger.run_id
        and recommendations.location_id = ledger.location_id
        and recommendations.product_id = ledger.product_id
where
    ledger.run_id is null
    or coalesce(recommendations.proposed_qty_units, -1)
    <> coalesce(ledger.proposed_qty_units, -1)
