{#- Documented in macros/inventory/_inventory__macros.yml -#}

{% macro packs_up(units, pack_size_units) -%}
    {%- set packs = (
        '(1e0 * (' ~ units ~ ') / nullif(' ~ pack_size_units ~ ', 0))'
    ) -%}
    ceil({{ packs }} - 1e-9 * greatest(1e0, abs({{ packs }})))
{%- endmacro %}
