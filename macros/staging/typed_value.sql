{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro typed_value(text, type) -%}
    {%- if type == 'varchar' -%}
        {{ text }}
    {%- elif type == 'double' -%}
        {#- The bound drops infinities and not-a-number on every engine. -#}
        case
            when abs(try_cast({{ text }} as double)) <= 1e300
                and position('_' in {{ text }}) = 0
                then try_cast({{ text }} as double)
        end
    {%- elif type == 'date' -%}
        {#- Only ISO: 03/04/2016 is a question, not a date. -#}
        case
            when length({{ text }}) = 10 and {{ text }} like '____-__-__'
                then try_cast({{ text }} as date)
            when {{ text }} like '____-__-__ %' or {{ text }} like '____-__-__T%'
                then cast(try_cast({{ text }} as timestamp) as date)
        end
    {%- elif type == 'boolean' -%}
        case
            when lower({{ text }}) in ('true', '1', 'yes') then true
            when lower({{ text }}) in ('false', '0', 'no') then false
        end
    {%- else -%}
        {{ exceptions.raise_compiler_error(
            "restock: no raw column can be of type '" ~ type ~ "'"
        ) }}
    {%- endif -%}
{%- endmacro %}
