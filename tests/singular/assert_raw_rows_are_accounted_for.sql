-- Every record of a raw file is used, ignored for its date, or refused with a
-- reason. A master file is used whole; its input holds rows beside it.
with

row_counts as (

    select * from {{ ref('input_row_counts') }}

),

rejected as (

    select
        entity,
        count(distinct line_number) as rows_refused

    from {{ ref('input_rejects') }}

    where is_row_rejected

    group by entity

),

used as (

    select
        'products' as entity,
        count(*) as rows_used

    from {{ ref('input_products') }}

    where is_in_master

    union all

    select
        'stock_counts' as entity,
        count(*) as rows_used

    from {{ ref('input_stock_counts') }}

    where not is_implied

    {% for entity in [
        'sales', 'purchase_order_lines', 'invoices', 'availability', 'promotions',
        'price_breaks', 'signals', 'overrides',
    ] %}

    union all

    select
        '{{ entity }}' as entity,
        count(*) as rows_used

    from {{ ref('input_' ~ entity) }}
    {% endfor %}

),

counted as (

    select
        case
            when row_counts.entity in ('opening_counts', 'closing_counts')
                then 'stock_counts'
            else row_counts.entity
        end as entity,
        sum(row_counts.rows_read) as rows_read,
        sum(row_counts.rows_kept) as rows_kept,
        sum(row_counts.rows_rejected) as rows_rejected,
        sum(row_counts.rows_after_as_of + row_counts.rows_astray)
            as rows_ignored,
        sum(coalesce(rejected.rows_refused, 0)) as rows_refused

    from row_counts
    left join rejected
        on row_counts.entity = rejected.entity

    group by
        case
            when row_counts.entity in ('opening_counts', 'closing_counts')
                then 'stock_counts'
            else row_counts.entity
        end

),

compared as (

    select
        counted.entity,
        counted.rows_read,
        counted.rows_kept,
        counted.rows_rejected,
        counted.rows_ignored,
        counted.rows_refused,
        used.rows_used

    from counted
    left join used
        on counted.entity = used.entity

    where
        counted.rows_read <> counted.rows_kept + counted.rows_rejected
        or counted.rows_rejected <> counted.rows_refused
        or counted.rows_kept <> used.rows_used + counted.rows_ignored

)

select * from compared
