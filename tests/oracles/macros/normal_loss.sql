{% macro normal_loss(k) -%}
    {%- set z = 'least(abs(' ~ k ~ '), 4e1)' -%}
    (
        exp(-0.5e0 * ({{ k }}) * ({{ k }}))
        * (3.9894228040143268e-01 - {{ z }} * {{ normal_tail_factor(z) }})
        + greatest(-({{ k }}), 0e0)
    )
{%- endmacro %}
