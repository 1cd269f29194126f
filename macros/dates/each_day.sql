{#- Documented in macros/dates/_dates__macros.yml -#}

{% macro each_day(relation, from_date, to_date) -%}
    {{ return(adapter.dispatch('each_day', 'restock')(relation, from_date, to_date)) }}
{%- endmacro %}

{% macro default__each_day(relation, from_date, to_date) -%}
    select
        *,
        explode(
            sequence({{ from_date }}, {{ to_date }}, interval '1' day)
        ) as date_day
    from {{ relation }}
{%- endmacro %}

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
