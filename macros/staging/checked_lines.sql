{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro checked_lines(spec, path) -%}
    {%- set file_name = (path | replace('\\', '/')).split('/')[-1] -%}
    {%- set headers = raw_headers(path) -%}
    {%- set columns = located_columns(spec, headers, path) -%}
    {%- set present = columns | selectattr('cell') | list -%}
    {%- set guarded = columns | selectattr('is_checked') | list -%}
    {%- set key = present | selectattr('name', 'in', spec.key) | list -%}
    {%- set first_line = "min(case when not is_broken then line_number end) over ("
        ~ "partition by " ~ key | map(attribute='name') | join('_value, ')
        ~ "_value)" -%}
    {%- set kinds = {
        'double': 'not a number',
        'date': 'not an ISO date (YYYY-MM-DD)',
        'boolean': 'not true or false',
    } -%}
    select
        file_name,
        line_number,
        {%- for column in columns %}
        {{ column.name }},
        {%- endfor %}
        coalesce(problems like '%' || chr(31) || 'row%', false) as is_rejected,
        problems
    from (
        select
            '{{ file_name | replace("'", "''") }}' as file_name,
            line_number,
            {%- for column in columns %}
            {% if column.cell -%}
            case
                when row_problem is null
                    {%- if column.is_checked %}
                    and {{ column.name }}_reason is null
                    {%- endif %}
                    then {{ column.name }}_value
            end as {{ column.name }},
            {%- else -%}
            cast(null as {{ column.type }}) as {{ column.name }},
            {%- endif %}
            {%- endfor %}
            {#- The first of equal keys stands. -#}
            {%- if key %}
            case
                when not is_broken and line_number > {{ first_line }}
                    then concat_ws(chr(30), problems, {{ problem(
                        "'" ~ key | map(attribute='header') | join(', ') ~ "'",
                        "concat_ws(', ', " ~ key | map(attribute='name')
                        | join('_text, ') ~ "_text)",
                        "'duplicate key of line ' || cast(" ~ first_line ~ " as varchar)",
                        "'row'",
                    ) }})
                else problems
            end as problems
            {%- else %}
            problems
            {%- endif %}
        from (
            select
                *,
                coalesce(problems like '%' || chr(31) || 'row%', false) as is_broken
            from (
                select
                    *,
                    case
                        when row_problem is not null
                            then {{ problem("'*'", 'row_text', 'row_problem', "'row'") }}
                        else nullif(concat_ws(
                            chr(30)
                            {%- for column in guarded -%}
                            ,
                            case
                                when {{ column.name }}_reason is not null
                                    then {{ problem(
                                        "'" ~ column.header ~ "'",
                                        column.name ~ '_text',
                                        column.name ~ '_reason',
                                        problem_scope(column),
                                    ) }}
                            end
                            {%- endfor %}
                        ), '')
                    end as problems
                from (
                    select
                        *,
                        {%- for column in guarded %}
                        {{ reject_reason(column, kinds) }} as {{ column.name }}_reason
                        {{- ',' if not loop.last }}
                        {%- endfor %}
                    from (
                        select
                            *,
                            {%- for column in present %}
                            {{ typed_value(column.name ~ '_text', column.type) }}
                                as {{ column.name }}_value
                            {{- ',' if not loop.last }}
                            {%- endfor %}
                        from (
                            select
                                line_number,
                                row_problem,
                                row_text,
                                {%- for column in present %}
                                {{ raw_text(column.cell, column.cell_type) }}
                                    as {{ column.name }}_text
                                {{- ',' if not loop.last }}
                                {%- endfor %}
                            from ({{ raw_cells(path, headers) }}) as cells
                        ) as texts
                    ) as typed
                ) as reasoned
            ) as judged
        ) as keyed
    ) as stamped
{%- endmacro %}
