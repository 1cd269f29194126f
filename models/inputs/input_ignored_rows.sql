{%- set reasons = {
    'opening_counts': 'Counted after the as-of date.',
    'closing_counts': 'Counted after the as-of date.',
    'stock_counts': 'Counted after the as-of date.',
    'sales': 'Sold after the as-of date.',
    'purchase_order_lines': 'Ordered after the as-of date.',
    'invoices': 'Invoiced after the as-of date.',
    'availability': 'Observed after the as-of date.',
    'overrides': 'Meant for a run after the as-of date.',
} -%}

with

as_of as (

    select known_until_date from {{ ref('input_as_of') }}

),

morning_counts as (

    select * from {{ ref('input_morning_counts') }}

),

ignored as (

    {% for table in staged_tables() if table.date_column %}

    select
        '{{ table.entity }}' as entity,
        count(*) as n_rows,
        min(raw_rows.{{ table.date_column }}) as first_date,
        max(raw_rows.{{ table.date_column }}) as last_date,
        '{{ reasons[table.entity] }}' as reason

    from {{ ref(table.model) }} as raw_rows
    inner join as_of
        on raw_rows.{{ table.date_column }} > as_of.known_until_date
    {%- if table.date_column == 'count_date' %}
    left join morning_counts
        on
            raw_rows.location_id = morning_counts.location_id
            and raw_rows.product_id = morning_counts.product_id
            and raw_rows.count_date = morning_counts.counted_date
    {%- endif %}

    where
        not raw_rows.is_rejected
        {{ 'and morning_counts.location_id is null'
            if table.date_column == 'count_date' }}

    union all
    {% endfor %}

    select
        'receipts' as entity,
        count(*) as n_rows,
        min(raw_rows.received_date) as first_date,
        max(raw_rows.received_date) as last_date,
        'Received after the as-of date on an order placed by then: the line is open.'
            as reason

    from {{ staged('purchase_order_lines') }} as raw_rows
    inner join as_of
        on
            raw_rows.ordered_date <= as_of.known_until_date
            and raw_rows.received_date > as_of.known_until_date

    where not raw_rows.is_rejected

    union all

    select
        'stray_sales' as entity,
        cast(coalesce(sum(sale_dates.n_lines), 0) as bigint) as n_rows,
        min(sale_dates.sale_date) as first_date,
        max(sale_dates.sale_date) as last_date,
        'Sold before the rest begins, or off the weekday of weekly sales: slips.'
            as reason

    from {{ ref('input_sale_dates') }} as sale_dates
    inner join as_of
        on sale_dates.sale_date <= as_of.known_until_date

    where sale_dates.stray_side is not null

    union all

    select
        'early_counts' as entity,
        count(*) as n_rows,
        min(raw_rows.count_date) as first_date,
        max(raw_rows.count_date) as last_date,
        'Counted long before the sales begin: slips in a date.' as reason

    from {{ staged('stock_counts') }} as raw_rows
    inner join {{ ref('input_count_bounds') }} as bounds
        on raw_rows.count_date < bounds.first_count_date

    where not raw_rows.is_rejected

)

select * from ignored
