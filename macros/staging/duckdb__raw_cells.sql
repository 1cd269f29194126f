{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro duckdb__raw_cells(path, headers) -%}
    {%- if is_parquet(path) -%}
        select
            file_row_number + 2 as line_number,
            {%- for header in headers %}
            "{{ header.name | replace('"', '""') }}" as cell_{{ loop.index }},
            {%- endfor %}
            cast(null as varchar) as row_text,
            cast(null as varchar) as row_problem
        from read_parquet('{{ path | replace("'", "''") }}', file_row_number = true)
    {%- else -%}
        {#- Lines are read whole and cut here: a reader of cells takes all that follows
            an open quote for one cell, and skips blank lines, so that every later
            line number is wrong. Nothing but a cut costs time on a line without
            quotes. #}
        select
            line_number,
            {%- for header in headers %}
            cells[{{ loop.index }}] as cell_{{ loop.index }},
            {%- endfor %}
            case when row_problem is not null then line end as row_text,
            row_problem
        from (
            select
                line_number,
                line,
                case
                    when not has_quotes then written_cells
                    else list_transform(
                        written_cells,
                        lambda cell: case
                            when cell like '"%'
                                then replace(cell[2:length(cell) - 1], '""', '"')
                            else cell
                        end
                    )
                end as cells,
                {{ duckdb__row_problem(
                    'written_cells', 'has_quotes', headers | length
                ) }} as row_problem
            from (
                select
                    line_number,
                    line,
                    position('"' in line) > 0 as has_quotes,
                    case
                        when position('"' in line) = 0 then string_split(line, ',')
                        else {{ duckdb__quoted_cells('line') }}
                    end as written_cells
                from ({{ duckdb__raw_records(path, headers) }}) as numbered
            ) as written
        ) as cut
    {%- endif -%}
{%- endmacro %}
