{#- A receipt can be sold from the next day, so from the period after its own. -#}

with

states as (

    select
        location_id,
        product_id,
        cutoff_index,
        cutoff_date
    from {{ ref('int_policy_replay_states') }}

),

settings as (

    select period_days from {{ ref('int_forecast_settings') }}

),

purchase_lines as (

    select * from {{ ref('input_purchase_order_lines') }}
    where not is_cancelled

),

open_then as (

    select
        states.location_id,
        states.product_id,
        states.cutoff_index,
        purchase_lines.po_line_id,
        cast(coalesce(
            purchase_lines.received_units, purchase_lines.units
        ) as double) as units,
        cast(floor(
            {{ dbt.datediff(
                'purchase_lines.ordered_date', 'states.cutoff_date', 'day'
            ) }} / cast(settings.period_days as double)
        ) as integer) as age_periods,
        cast(ceil(
            {{ dbt.datediff(
                'states.cutoff_date', 'purchase_lines.received_date', 'day'
            ) }} / cast(settings.period_days as double)
        ) as integer) as due_periods
    from states
    cross join settings
    inner join purchase_lines
        on
            states.location_id = purchase_lines.location_id
            and states.product_id = purchase_lines.product_id
            and states.cutoff_date >= purchase_lines.ordered_date
            and states.cutoff_date
            < coalesce(purchase_lines.received_date, cast('9999-12-31' as date))

)

select * from open_then
