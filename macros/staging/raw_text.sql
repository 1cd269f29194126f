{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro raw_text(cell, cell_type) -%}
    {%- if cell_type in ['FLOAT', 'DOUBLE'] or cell_type.startswith('DECIMAL') -%}
        {#- An id stored as a number is the id, whatever the type: 58.0 is 58. -#}
        case
            when cast({{ cell }} as double) = floor(cast({{ cell }} as double))
                and abs(cast({{ cell }} as double)) < 1e15
                then cast(cast({{ cell }} as bigint) as varchar)
            else cast({{ cell }} as varchar)
        end
    {%- elif cell_type == 'VARCHAR' -%}
        nullif(trim({{ cell }}), '')
    {%- else -%}
        nullif(trim(cast({{ cell }} as varchar)), '')
    {%- endif -%}
{%- endmacro %}
