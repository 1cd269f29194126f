with

problems as (

    {% for table in staged_tables() %}

    select
        '{{ table.entity }}' as entity,
        file_name,
        line_number,
        problems

    from {{ ref(table.model) }}

    where problems is not null

    {{ 'union all' if not loop.last }}
    {% endfor %}

),

slots as (

    -- No table has more columns than this, so no line can have more problems.
    select numbers.slot
    from (
        values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14)
    ) as numbers (slot)

),

apart as (

    select
        problems.entity,
        problems.file_name,
        problems.line_number,
        split_part(problems.problems, chr(30), slots.slot) as problem

    from problems
    cross join slots

    where split_part(problems.problems, chr(30), slots.slot) <> ''

),

named as (

    select
        entity,
        file_name,
        line_number,
        split_part(problem, chr(31), 1) as column_name,
        split_part(problem, chr(31), 2) as rejected_value,
        split_part(problem, chr(31), 3) as reason,
        split_part(problem, chr(31), 4) = 'row' as is_row_rejected

    from apart

)

select * from named
