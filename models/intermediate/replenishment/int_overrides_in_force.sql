{#- An override is spent once its order is placed; it never orders twice. -#}

with

overrides as (

    select * from {{ ref('input_overrides') }}

),

as_of as (

    select
        as_of_date,
        known_until_date,
        period_days
    from {{ ref('input_as_of') }}

),

placed as (

    select
        location_id,
        product_id,
        max(ordered_date) as last_ordered_date
    from {{ ref('input_purchase_order_lines') }}
    where not is_cancelled
    group by location_id, product_id

),

current_ones as (

    -- Meant for this run: without a date, or dated in the period that ends with the
    -- as-of date and not yet followed by an order.
    select
        overrides.location_id,
        overrides.product_id,
        overrides.override_date,
        overrides.order_qty_units,
        overrides.reason,
        overrides.planner
    from overrides
    cross join as_of
    left join placed
        on
            overrides.location_id = placed.location_id
            and overrides.product_id = placed.product_id
    where
        overrides.override_date is null
        or overrides.override_date between as_of.as_of_date and as_of.known_until_date
        or (
            overrides.override_date < as_of.as_of_date
            and {{ dbt.datediff(
                'overrides.override_date', 'as_of.as_of_date', 'day'
            ) }} < as_of.period_days
            and coalesce(placed.last_ordered_date < overrides.override_date, true)
        )

),

latest as (

    select
        location_id,
        product_id,
        override_date,
        cast(order_qty_units as double) as override_qty_units,
        reason as override_reason,
        planner
    from current_ones
    qualify row_number() over (
        partition by location_id, product_id
        order by override_date desc nulls last, order_qty_units asc
    ) = 1

)

select * from latest
