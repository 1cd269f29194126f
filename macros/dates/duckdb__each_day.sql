{#- Documented in macros/dates/_dates__macros.yml -#}

{% macro duckdb__each_day(relation, from_date, to_date) -%}
    select
        *,
        cast(unnest(generate_series(
            cast({{ from_date }} as timestamp),
            cast({{ to_date }} as timestamp),
            interval '1' day
        )) as date) as date_day
    from {{ relation }}
{%- endmacro %}
