{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro implausible_dates(column) -%}
    {%- set value = column.name ~ '_value' -%}
    {%- set first = var('earliest_plausible_date') -%}
    {%- set last = var('latest_plausible_date') -%}
    {%- set most_days = var('longest_plausible_lead_time_days') -%}
    {%- set scope = column.if_implausible or column.if_bad -%}
    {%- set before_first = " < cast('" ~ first ~ "' as date)" -%}
    {%- set after_last = " > cast('" ~ last ~ "' as date)" -%}
    {%- set breaches = [] -%}
    {#- What a system writes for no date. -#}
    {%- do breaches.append({
        'condition': value ~ before_first,
        'reason': 'before ' ~ first ~ ', the earliest plausible date',
        'scope': scope,
    }) -%}
    {%- if not column.is_open_ended -%}
        {%- do breaches.append({
            'condition': value ~ after_last,
            'reason': 'after ' ~ last ~ ', the latest plausible date',
            'scope': scope,
        }) -%}
    {%- endif -%}
    {#- Slips, in the year as a rule. -#}
    {%- if column.not_before -%}
        {%- do breaches.append({
            'condition': value ~ ' < ' ~ column.not_before ~ '_value',
            'reason': 'before ' ~ column.not_before,
            'scope': column.if_bad,
        }) -%}
    {%- endif -%}
    {%- if column.follows -%}
        {%- do breaches.append({
            'condition': 'not ' ~ column.follows ~ '_value' ~ before_first ~ ' and '
                ~ dbt.datediff(column.follows ~ '_value', value, 'day') ~ ' > '
                ~ most_days,
            'reason': 'more than ' ~ most_days ~ ' days after ' ~ column.follows,
            'scope': column.if_bad,
        }) -%}
    {%- endif -%}
    {%- if not column.may_lie_ahead -%}
        {#- No date in the words: a later run says the same. -#}
        {%- do breaches.append({
            'condition': value ~ " > cast('" ~ latest_known_date() ~ "' as date)",
            'reason': 'later than today, by the clock of the run',
            'scope': scope,
        }) -%}
    {%- endif -%}
    {{- return(breaches) -}}
{%- endmacro %}
