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
                case
                    when has_quotes and len(list_filter(
                        written_cells,
                        lambda cell: cell like '"%'
                        and not regexp_full_match(cell, '"([^"]|"")*"')
                    )) > 0
                        then 'a quote is not closed on its line'
                    when len(written_cells) < {{ headers | length }}
                        then 'has ' || len(written_cells)
                            || ' of {{ headers | length }} cells'
                    when len(written_cells) > {{ headers | length }}
                        and trim(array_to_string(
                            written_cells[{{ headers | length + 1 }}:], ''
                        )) <> ''
                        then 'has ' || len(written_cells)
                            || ' cells, the header {{ headers | length }}'
                end as row_problem
            from (
                select
                    line_number,
                    line,
                    position('"' in line) > 0 as has_quotes,
                    case
                        when position('"' in line) = 0 then string_split(line, ',')
                        else regexp_extract_all(
                            line || ',', '\s*("(?:[^"]|"")*"|[^,]*?)\s*,', 1
                        )
                    end as written_cells
                from ({{ raw_text_lines(path) }}) as numbered
                where line_number > {{ headers[0].line_number }}
            ) as written
        ) as cut
    {%- endif -%}
{%- endmacro %}
