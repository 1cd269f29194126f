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

bought as (

    select
        pairs.location_id,
        pairs.product_id,
        purchase_lines.po_line_id,
        cast(pairs.stock_known_index as integer) as stock_known_index,
        cast({{ dbt.datediff(
            'pairs.stock_known_date', 'purchase_lines.ordered_date', 'day'
        ) }} as integer) as ordered_day,
        cast({{ dbt.datediff(
            'pairs.stock_known_date', 'purchase_lines.received_date', 'day'
        ) }} as integer) as received_day,
        cast(purchase_lines.ordered_units as double) as ordered_units,
        cast(purchase_lines.received_units as double) as received_units
    from pairs
    inner join purchase_lines
        on
            pairs.location_id = purchase_lines.location_id
            and pairs.product_id = purchase_lines.product_id
    where purchase_lines.ordered_units > 0

)

select * from bought
