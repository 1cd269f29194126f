{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro duckdb__raw_records(path, headers) -%}
    {%- set text_format = headers[0].text_format -%}
    {%- set lines -%}
        select
            line_number,
            line
        from ({{ raw_text_lines(path, text_format.encoding) }}) as physical
        where line_number > {{ headers[0].line_number }}
    {%- endset -%}
    {%- if not text_format.has_open_lines -%}
        {{ lines }}
    {%- else -%}
        {#- The quote that a line leaves open is closed on the next line with an odd
            number of quotes, if the lines together are a record of the file; if not,
            somebody forgot it. The bound keeps such a one from taking the whole file
            for its text. #}
        with odd_lines as (
            select
                line_number as first_line_number,
                line,
                lead(line_number) over (order by line_number) as last_line_number
            from ({{ lines }}) as numbered
            where
                position('"' in line) > 0
                and length(replace(line, '"', '')) % 2 <> length(line) % 2
        ),

        spanned as (
            select
                first_line_number,
                unnest(range(first_line_number, last_line_number + 1)) as line_number
            from odd_lines
            where
                last_line_number <= first_line_number + 200
                and {{ duckdb__row_problem(duckdb__quoted_cells('line'), 'true', 0) }}
                = 'a quote is not closed on its line'
        ),

        joined as (
            select
                spanned.first_line_number,
                max(spanned.line_number) as last_line_number,
                string_agg(numbered.line, chr(10) order by numbered.line_number)
                    as line
            from ({{ lines }}) as numbered
            inner join spanned
                on numbered.line_number = spanned.line_number
            group by spanned.first_line_number
        ),

        records as (
            select
                first_line_number,
                last_line_number,
                line
            from joined
            where
                {{ duckdb__row_problem(
                    duckdb__quoted_cells('line'), 'true', headers | length
                ) }} is null
            qualify
                first_line_number
                > coalesce(lag(last_line_number) over (order by first_line_number), 0)
        )

        select
            line_number,
            line
        from ({{ lines }}) as numbered
        where line_number not in (
            select spanned.line_number
            from spanned
            inner join records
                on spanned.first_line_number = records.first_line_number
        )

        union all

        select
            first_line_number as line_number,
            line
        from records
    {%- endif -%}
{%- endmacro %}
