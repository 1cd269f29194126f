{% macro expected_shortage_units(mean_units, sigma_units, level_units) -%}
    case
        when ({{ sigma_units }}) > 0
            then
                ({{ sigma_units }}) * {{ normal_loss(
                    '((' ~ level_units ~ ' - ' ~ mean_units ~ ') / nullif('
                    ~ sigma_units ~ ', 0e0))'
                ) }}
        when ({{ level_units }}) < ({{ mean_units }}) and ({{ sigma_units }}) = 0
            then 1e0 * (({{ mean_units }}) - ({{ level_units }}))
        when ({{ level_units }}) >= ({{ mean_units }}) and ({{ sigma_units }}) = 0
            then 0e0
    end
{%- endmacro %}
