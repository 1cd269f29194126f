{#- Documented in macros/inventory/_inventory__macros.yml -#}

{% macro abc_class(item_value, cumulative_share_before, a_cut, b_cut) -%}
    case
        when ({{ item_value }}) is null then null
        when ({{ item_value }}) <= 0 then 'C'
        when ({{ cumulative_share_before }}) < ({{ a_cut }}) - 1e-12 then 'A'
        when ({{ cumulative_share_before }}) < ({{ b_cut }}) - 1e-12 then 'B'
        else 'C'
    end
{%- endmacro %}
