{#- Documented in macros/demand/_demand__macros.yml -#}

{% macro censored_demand_units(expected_units, sold_units) -%}
    case
        when {{ expected_units }} <= 0 then {{ sold_units }}
        when {{ sold_units }} = 1 and {{ expected_units }} < 30
            then greatest(
                {{ sold_units }},
                {{ expected_units }} / (1 - exp(-({{ expected_units }})))
            )
        else greatest(
        {{ sold_units }},
        {{ expected_units }} + sqrt({{ expected_units }}) * case
            when {{ expected_units }} <= 0 then 0
            when ({{ sold_units }} - 0.5 - {{ expected_units }})
                / sqrt({{ expected_units }}) > 5
                then ({{ sold_units }} - {{ expected_units }})
                    / sqrt({{ expected_units }})
            else {{ normal_pdf(
                '((' ~ sold_units ~ ' - 0.5 - ' ~ expected_units
                ~ ') / sqrt(' ~ expected_units ~ '))'
            ) }} / (1 - {{ normal_cdf(
                '((' ~ sold_units ~ ' - 0.5 - ' ~ expected_units
                ~ ') / sqrt(' ~ expected_units ~ '))'
            ) }})
        end
        )
    end
{%- endmacro %}
