{#- What is known by now of the time that each past decision had to protect. -#}

with

decisions as (

    select * from {{ ref('int_decisions_latest') }}
    where
        source_system = '{{ setting("source_system") }}'
        and planning_period = '{{ setting("planning_period") }}'

),

as_of as (

    select known_until_date as now_date from {{ ref('input_as_of') }}

),

purchase_lines as (

    select * from {{ ref('input_purchase_order_lines') }}
    where not is_cancelled

),

placed as (

    -- Orders that followed the decision, until the next one was due.
    select
        decisions.run_id,
        decisions.location_id,
        decisions.product_id,
        {{ exact_sum('purchase_lines.units') }} as placed_units,
        max({{ dbt.datediff(
            'purchase_lines.ordered_date',
            'coalesce(purchase_lines.received_date, as_of.now_date)',
            'day'
        ) }}) as longest_days,
        count(*) filter (
            where purchase_lines.received_date is null
            and purchase_lines.open_units > 0
        ) as open_lines
    from decisions
    cross join as_of
    inner join purchase_lines
        on
            decisions.location_id = purchase_lines.location_id
            and decisions.product_id = purchase_lines.product_id
            and decisions.known_until_date < purchase_lines.ordered_date
    where
        {{ dbt.datediff(
            'decisions.known_until_date', 'purchase_lines.ordered_date', 'day'
        ) }} <= decisions.review_days
    group by decisions.run_id, decisions.location_id, decisions.product_id

),

timed as (

    -- An order still open took at least as long as it is old.
    select
        decisions.run_id,
        decisions.location_id,
        decisions.product_id,
        decisions.known_until_date,
        cast({{ dbt.datediff(
            'decisions.known_until_date', 'as_of.now_date', 'day'
        ) }} as double) as elapsed_days,
        decisions.protection_days as planned_days,
        placed.placed_units,
        coalesce(placed.open_lines, 0) as open_lines,
        case
            when placed.open_lines = 0 then placed.longest_days
            when placed.open_lines > 0
                then greatest(placed.longest_days, decisions.lead_time_mean_days)
        end as real_lead_time_days,
        decisions.review_days
    from decisions
    cross join as_of
    left join placed
        on
            decisions.run_id = placed.run_id
            and decisions.location_id = placed.location_id
            and decisions.product_id = placed.product_id

),

bounded as (

    select
        *,
        coalesce(real_lead_time_days + review_days, planned_days) as real_days
    from timed

),

awaited as (

    -- What was on order at the decision, and came before the interval was over.
    select
        bounded.run_id,
        bounded.location_id,
        bounded.product_id,
        {{ exact_sum('purchase_lines.received_units') }} as arrived_units
    from bounded
    inner join purchase_lines
        on
            bounded.location_id = purchase_lines.location_id
            and bounded.product_id = purchase_lines.product_id
            and bounded.known_until_date >= purchase_lines.ordered_date
            and bounded.known_until_date < purchase_lines.received_date
    where
        {{ dbt.datediff(
            'bounded.known_until_date', 'purchase_lines.received_date', 'day'
        ) }} <= bounded.real_days
    group by bounded.run_id, bounded.location_id, bounded.product_id

),

measured as (

    select
        bounded.run_id,
        bounded.location_id,
        bounded.product_id,
        bounded.known_until_date,
        cast(bounded.planned_days as double) as planned_days,
        cast(bounded.real_days as double) as real_days,
        cast(bounded.review_days as double) as review_days,
        cast(bounded.real_lead_time_days as double) as real_lead_time_days,
        cast(greatest(
            least(
                bounded.elapsed_days,
                greatest(bounded.planned_days, bounded.real_days)
            ),
            0
        ) as double) as observed_days,
        cast(coalesce(bounded.placed_units, 0) as double) as placed_units,
        cast(coalesce(awaited.arrived_units, 0) as double) as arrived_units,
        coalesce(
            bounded.open_lines = 0
            and bounded.elapsed_days
            >= greatest(bounded.planned_days, bounded.real_days),
            false
        ) as is_final
    from bounded
    left join awaited
        on
            bounded.run_id = awaited.run_id
            and bounded.location_id = awaited.location_id
            and bounded.product_id = awaited.product_id

)

select * from measured
