{#- Documented in macros/settings/_settings__macros.yml -#}

{% macro check_settings() -%}
    {%- set allowed = {
        'source_system': ['bibitor', 'generic'],
        'planning_period': ['week', 'day'],
    } -%}
    {%- for name, values in allowed.items() -%}
        {%- if setting(name) not in values -%}
            {{ exceptions.raise_compiler_error(
                "restock: " ~ name ~ " is '" ~ setting(name) ~ "'; it must be "
                ~ values | join(' or ') ~ ". Set --vars '{" ~ name ~ ": "
                ~ values[0] ~ "}' or RESTOCK_" ~ name | upper ~ "."
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {%- set as_of = setting('as_of_date') -%}
    {%- if as_of and not modules.re.fullmatch('\d{4}-\d{2}-\d{2}', as_of) -%}
        {{ exceptions.raise_compiler_error(
            "restock: as_of_date is '" ~ as_of ~ "'; it must be an ISO date such as "
            ~ "2025-12-30, or empty for the last date with sales."
        ) }}
    {%- endif -%}
{%- endmacro %}
