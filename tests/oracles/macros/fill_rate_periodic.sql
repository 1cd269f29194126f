{% macro fill_rate_periodic(
    mean_units, sigma_units, lead_time_periods, review_periods, order_up_to_units
) -%}
    {%- set protected = '(' ~ lead_time_periods ~ ' + ' ~ review_periods ~ ')' -%}
    (
        1e0
        - (
            {{ expected_shortage_units(
                '(' ~ mean_units ~ ' * ' ~ protected ~ ')',
                '(' ~ sigma_units ~ ' * sqrt(' ~ protected ~ '))',
                order_up_to_units
            ) }}
            - {{ expected_shortage_units(
                '(' ~ mean_units ~ ' * ' ~ lead_time_periods ~ ')',
                '(' ~ sigma_units ~ ' * sqrt(' ~ lead_time_periods ~ '))',
                order_up_to_units
            ) }}
        )
        / nullif(({{ mean_units }}) * ({{ review_periods }}), 0)
    )
{%- endmacro %}
