{#- Documented in macros/settings/_settings__macros.yml -#}

{% macro setting(name) -%}
    {%- set defaults = {
        'source_system': 'bibitor',
        'raw_data_dir': 'data/sample',
        'planning_period': 'week',
        'as_of_date': '',
        'code_version': '',
    } -%}
    {%- if name not in defaults -%}
        {{ exceptions.raise_compiler_error("restock: no setting is called '" ~ name ~ "'") }}
    {%- endif -%}
    {%- set from_var = var(name, none) -%}
    {%- if from_var is not none and from_var | string | trim -%}
        {{- return(from_var | string | trim) -}}
    {%- endif -%}
    {{- return(
        env_var('RESTOCK_' ~ name | upper, '') | trim or defaults[name]
    ) -}}
{%- endmacro %}
