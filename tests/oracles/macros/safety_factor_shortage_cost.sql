{% macro safety_factor_shortage_cost(stockout_probability) -%}
    case
        when ({{ stockout_probability }}) < 1e0 - 1e-12
            then -{{ normal_quantile(stockout_probability) }}
    end
{%- endmacro %}
