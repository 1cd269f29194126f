with

as_of as (

    select known_until_date from {{ ref('input_as_of') }}

),

sale_dates as (

    select sale_date from {{ ref('input_sale_dates') }}
    where stray_side is null

),

bounds as (

    select first_count_date from {{ ref('input_count_bounds') }}

),

morning_counts as (

    select * from {{ ref('input_morning_counts') }}

),

counted as (

    {% for table in staged_tables() %}
    {%- set is_later = 'raw_rows.' ~ table.date_column ~ ' > as_of.known_until_date'
        if table.date_column else 'false' %}
    {%- set is_astray = {
        'sale_date': 'sale_dates.sale_date is null',
        'count_date': 'raw_rows.count_date < bounds.first_count_date',
    }.get(table.date_column, 'false') %}
    {%- if table.date_column == 'count_date' %}
    {%- set is_later = is_later ~ ' and morning_counts.location_id is null' %}
    {%- endif %}

    select
        '{{ table.entity }}' as entity,
        max(raw_rows.file_name) as file_name,
        count(*) as rows_read,
        count(*) filter (where not raw_rows.is_rejected) as rows_kept,
        count(*) filter (where raw_rows.is_rejected) as rows_rejected,
        count(*) filter (
            where not raw_rows.is_rejected and {{ is_later }}
        ) as rows_after_as_of,
        count(*) filter (
            where not raw_rows.is_rejected and not ({{ is_later }}) and {{ is_astray }}
        ) as rows_astray

    from {{ ref(table.model) }} as raw_rows
    {{ 'cross join as_of' if table.date_column }}
    {%- if table.date_column == 'sale_date' %}
    left join sale_dates
        on raw_rows.sale_date = sale_dates.sale_date
    {%- endif %}
    {%- if table.date_column == 'count_date' %}
    cross join bounds
    left join morning_counts
        on
            raw_rows.location_id = morning_counts.location_id
            and raw_rows.product_id = morning_counts.product_id
            and raw_rows.count_date = morning_counts.counted_date
    {%- endif %}

    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from counted
