{% macro coefficient_of_variation(demand_units) -%}
    case
        when avg({{ demand_units }}) > 0
            then
                stddev_samp(cast({{ demand_units }} as double))
                / avg({{ demand_units }})
    end
{%- endmacro %}
