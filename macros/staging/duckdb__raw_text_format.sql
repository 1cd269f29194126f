{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro duckdb__raw_text_format(path) -%}
    {#- One pass in the reader's own UTF-8; lines that are not go to a table of their
        own, since an error of the reader speaks of options that no user has. -#}
    {%- set refused = 'restock_refused_' ~ local_md5(path) -%}
    {%- set options = "ignore_errors = true, store_rejects = true, "
        ~ "rejects_table = '" ~ refused ~ "', rejects_scan = '" ~ refused ~ "_scan'" -%}
    {%- set seen = run_query(
        "select coalesce(bool_or(position(chr(0) in line) > 0), false), "
        ~ "count(*) filter (where position('\"' in line) > 0 "
        ~ "and length(replace(line, '\"', '')) % 2 <> length(line) % 2), "
        ~ "coalesce(bool_or(position('\"' in line) > 0 "
        ~ "and regexp_matches("
        ~ "line, '\"[+-]?[0-9][0-9.]*,([0-9]{1,2}|[0-9]{4,})\"')), false) "
        ~ "from " ~ duckdb__read_whole_lines(path, options)
    ).rows[0] -%}
    {%- set bad_lines = run_query(
        "select line from " ~ refused
        ~ " where error_type = 'INVALID ENCODING' order by line limit 1"
    ).rows -%}
    {%- do run_query('drop table ' ~ refused) -%}
    {%- do run_query('drop table ' ~ refused ~ '_scan') -%}

    {%- set advice = " Save it as UTF-8: a spreadsheet calls the format "
        ~ "'CSV UTF-8 (comma delimited)'." -%}
    {%- set encoding = 'utf-8' -%}
    {%- if seen[0] or bad_lines -%}
        {%- set head = run_query(
            "select hex(content[1:4]) from read_blob('"
            ~ path | replace("'", "''") ~ "')"
        ).rows[0][0] -%}
        {%- set found = none -%}
        {%- if head.startswith('1F8B') and seen[0] -%}
            {%- set found = 'UTF-16 in a compressed file' -%}
        {%- elif head in ['FFFE0000', '0000FEFF'] -%}
            {%- set found = 'UTF-32' -%}
        {%- elif head.startswith('FFFE') or modules.re.fullmatch('..00..00', head) -%}
            {%- set encoding = 'utf-16' -%}
        {%- elif head.startswith('FEFF') or modules.re.fullmatch('00..00..', head) -%}
            {%- set found = 'UTF-16 with the high byte first' -%}
        {%- elif head.startswith('504B0304') -%}
            {%- set found = 'a workbook or another zipped file, and no text' -%}
        {%- elif bad_lines -%}
            {%- set found = 'not UTF-8 on line ' ~ bad_lines[0][0]
                ~ ', so of a code page such as Windows-1252 or Latin-1' -%}
        {%- endif -%}
        {%- if found -%}
            {{ exceptions.raise_compiler_error(
                "restock: file '" ~ path ~ "' is " ~ found ~ "." ~ advice
            ) }}
        {%- endif -%}
    {%- endif -%}
    {{- return({
        'encoding': encoding,
        'has_open_lines': seen[1] > 1,
        'has_decimal_commas': seen[2],
    }) -}}
{%- endmacro %}
