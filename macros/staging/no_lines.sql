{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro no_lines(spec) -%}
    select
        cast(null as varchar) as file_name,
        cast(null as bigint) as line_number,
        {%- for column in spec.columns %}
        cast(null as {{ column.type }}) as {{ column.name }},
        {%- endfor %}
        cast(null as boolean) as is_rejected,
        cast(null as varchar) as problems
    where 1 = 0
{%- endmacro %}
