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

typical as (

    select
        vendor_id,
        longest_days
    from {{ ref('int_typical_lead_times') }}

),

purchase_lines as (

    -- What came of a line, and what is still to come.
    select
        po_line_id,
        vendor_id,
        location_id,
        product_id,
        ordered_date,
        expected_date,
        received_date,
        received_units as units
    from {{ ref('input_purchase_order_lines') }}
    where received_date is not null

    union all

    select
        po_line_id || ' open' as po_line_id,
        vendor_id,
        location_id,
        product_id,
        ordered_date,
        expected_date,
        cast(null as date) as received_date,
        open_units as units
    from {{ ref('input_purchase_order_lines') }}
    where open_units > 0

),

timed as (

    select
        states.location_id,
        states.product_id,
        states.cutoff_index,
        purchase_lines.po_line_id,
        purchase_lines.units,
        {{ dbt.datediff('purchase_lines.ordered_date', 'states.cutoff_date', 'day') }}
            as age_days,
        {{ dbt.datediff(
            'states.cutoff_date', 'purchase_lines.received_date', 'day'
        ) }} as due_days,
        {{ dbt.datediff(
            'states.cutoff_date', 'purchase_lines.expected_date', 'day'
        ) }} as promised_days,
        settings.period_days,
        typical.longest_days
    from states
    cross join settings
    inner join purchase_lines
        on
            states.location_id = purchase_lines.location_id
            and states.product_id = purchase_lines.product_id
            and states.cutoff_date >= purchase_lines.ordered_date
            and states.cutoff_date
            < coalesce(purchase_lines.received_date, cast('9999-12-31' as date))
    left join typical
        on purchase_lines.vendor_id = typical.vendor_id

),

open_then as (

    -- As today, a dead line is in no position.
    select
        location_id,
        product_id,
        cutoff_index,
        po_line_id,
        cast(units as double) as units,
        cast(floor(
            age_days / cast(period_days as double)
        ) as integer) as age_periods,
        cast(ceil(
            due_days / cast(period_days as double)
        ) as integer) as due_periods,
        cast(
            promised_days / cast(period_days as double) as double
        ) as promised_periods
    from timed
    where coalesce(age_days <= longest_days, true)

)

select * from open_then
