with

as_of as (

    select as_of_date from {{ ref('input_as_of') }}

),

counted as (

    {%- for table in staged_tables() %}

    select
        '{{ table.entity }}' as entity,
        max(lines.file_name) as file_name,
        count(*) as rows_read,
        count(*) filter (where not lines.is_rejected) as rows_kept,
        count(*) filter (where lines.is_rejected) as rows_rejected,
        {% if table.date_column -%}
        count(*) filter (
            where
            not lines.is_rejected
            and lines.{{ table.date_column }} > as_of.as_of_date
        ) as rows_after_as_of
        {%- else -%}
        cast(0 as bigint) as rows_after_as_of
        {%- endif %}

    from {{ ref(table.model) }} as lines
    {{ 'cross join as_of' if table.date_column }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from counted
