{#- Documented in macros/dates/_dates__macros.yml -#}

{% macro default__each_day(relation, from_date, to_date) -%}
    select
        *,
        explode(
            sequence({{ from_date }}, {{ to_date }}, interval '1' day)
        ) as date_day
    from {{ relation }}
{%- endmacro %}
