{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro check_raw_files() -%}
    {%- if execute and flags.WHICH in ['run', 'build'] and not flags.EMPTY -%}
        {%- for table in staged_tables() -%}
            {%- set spec = raw_source(table.source_name, table.entity) -%}
            {%- set path = raw_file(spec) -%}
            {%- if path -%}
                {%- do located_columns(spec, raw_headers(path), path) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
