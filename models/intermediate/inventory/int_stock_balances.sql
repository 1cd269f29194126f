with

as_of as (

    select * from {{ ref('input_as_of') }}

),

movements as (

    select * from {{ ref('int_stock_movements') }}

),

life as (

    select
        pairs.location_id,
        pairs.product_id,
        pairs.first_life_date,
        life_cycles.ended_date
    from {{ ref('int_location_products') }} as pairs
    left join {{ ref('int_life_cycles') }} as life_cycles
        on
            pairs.location_id = life_cycles.location_id
            and pairs.product_id = life_cycles.product_id

),

validity as (

    -- The ledger opens on the day after the first count: that day's own opening
    -- stock is not known.
    select
        movements.location_id,
        movements.product_id,
        cast(case
            when movements.is_first_count
                then {{ dbt.dateadd('day', 1, 'movements.movement_date') }}
            else movements.movement_date
        end as date) as valid_from_date,
        cast(coalesce(
            {{ dbt.dateadd(
                'day',
                -1,
                'lead(movements.movement_date) over (
                    partition by movements.location_id, movements.product_id
                    order by movements.movement_date
                )'
            ) }},
            as_of.as_of_date
        ) as date) as valid_to_date,
        movements.is_first_count,
        movements.opening_units,
        movements.received_units,
        movements.sold_units,
        movements.adjusted_units,
        movements.closing_units
    from movements
    cross join as_of

),

counted as (

    -- An empty shelf before the first sign of life or after the end is no stock-out:
    -- nobody could expect the product. Below zero the shelf is unknown.
    select
        validity.*,
        validity.closing_units < -1e-6 as is_shelf_unknown,
        validity.closing_units <= 0
        and coalesce(validity.valid_from_date >= life.ended_date, false) as is_ended,
        validity.closing_units between -1e-6 and 0
        and coalesce(validity.valid_to_date >= life.first_life_date, false)
        and coalesce(validity.valid_from_date < life.ended_date, true)
            as is_stockout,
        1 + {{ dbt.datediff('valid_from_date', 'valid_to_date', 'day') }}
            as valid_days
    from validity
    inner join life
        on
            validity.location_id = life.location_id
            and validity.product_id = life.product_id
    where validity.valid_to_date >= validity.valid_from_date

)

select * from counted
