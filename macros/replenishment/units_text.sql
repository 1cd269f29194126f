{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro units_text(units) -%}
    case
        when abs({{ units }} - round({{ units }}, 0)) < 0.05
            then cast(cast(round({{ units }}, 0) as bigint) as varchar)
        else cast(cast(round({{ units }}, 1) as decimal(18, 1)) as varchar)
    end
{%- endmacro %}
