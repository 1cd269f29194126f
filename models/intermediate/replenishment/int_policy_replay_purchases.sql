{#- A receipt can be sold from the next day, so from the period after its own. -#}
with

pairs as (

    -- Bought on top of an unknown stock says nothing of what could be sold.
    select
        location_id,
        product_id,
        min(cutoff_index) as stock_known_index,
        min(cutoff_date) as stock_known_date
    from {{ ref('int_policy_replay_states') }}
    where is_stock_known
    group by location_id, product_id

),

settings as (

    select period_days from {{ ref('int_forecast_settings') }}

),

purchase_lines as (

    select
        po_line_id,
        location_id,
        product_id,
        ordered_date,
        received_date,
        case when received_date is not null then received_units end as received_units,
        coalesce(received_units, 0) + open_units as ordered_units
    from {{ ref('input_purchase_order_lines') }}
    where not is_cancelled

),

timed as (

    select
        pairs.location_id,
        pairs.product_id,
        pairs.stock_known_index,
        purchase_lines.po_line_id,
        purchase_lines.ordered_date,
        purchase_lines.ordered_units,
        purchase_lines.received_units,
        {{ dbt.datediff(
            'pairs.stock_known_date', 'purchase_lines.ordered_date', 'day'
        ) }} as ordered_days,
        {{ dbt.datediff(
            'pairs.stock_known_date', 'purchase_lines.received_date', 'day'
        ) }} as received_days,
        cast(settings.period_days as double) as period_days
    from pairs
    cross join settings
    inner join purchase_lines
        on
            pairs.location_id = purchase_lines.location_id
            and pairs.product_id = purchase_lines.product_id

),

bought as (

    select
        location_id,
        product_id,
        po_line_id,
        cast(stock_known_index as integer) as stock_known_index,
        ordered_date,
        cast(stock_known_index + ceil(ordered_days / period_days) as integer)
            as order_period_index,
        cast(stock_known_index + ceil(received_days / period_days) + 1 as integer)
            as sold_from_period_index,
        cast(ordered_units as double) as ordered_units,
        cast(received_units as double) as received_units
    from timed
    where ordered_units > 0

)

select * from bought
