{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro safety_stock_units(cycle_service_level, sigma_units) -%}
    case
        when ({{ sigma_units }}) = 0 and ({{ cycle_service_level }}) is not null
            then 0e0
        else {{ normal_quantile(cycle_service_level) }} * ({{ sigma_units }})
    end
{%- endmacro %}
