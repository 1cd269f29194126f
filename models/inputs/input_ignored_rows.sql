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

)

select * from ignored
