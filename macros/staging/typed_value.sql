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
            {#- The day is that of the clock it was written by: no offset moves it. #}
            when ({{ text }} like '____-__-__ %' or {{ text }} like '____-__-__T%')
                and regexp_replace(
                    {{ text }},
                    '^.{10}[ T]([01]?[0-9]|2[0-4])(:[0-5][0-9]){1,2}([.,][0-9]*)?'
                    || '( ?(Z|UTC|GMT|[+-][0-9]{1,2}(:?[0-9]{2}){0,2}))?$',
                    ''
                ) = ''
                then try_cast(left({{ text }}, 10) as date)
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
