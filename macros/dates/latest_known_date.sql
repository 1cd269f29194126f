{#- Documented in macros/dates/_dates__macros.yml -#}

{% macro latest_known_date() -%}
    {#- The clock is in UTC: a day later the day has begun everywhere. -#}
    {%- set tomorrow = (
        run_started_at + modules.datetime.timedelta(days=1)
    ).strftime('%Y-%m-%d') -%}
    {%- set clock = var('clock_date') or tomorrow -%}
    {{- return([clock | string, setting('as_of_date')] | max) -}}
{%- endmacro %}
