{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro least_cost_order_units(
    available_units, demand_units, overage_cost, underage_cost, order_cost
) -%}
    {%- set lacking = '((' ~ demand_units ~ ') - (' ~ available_units ~ '))' -%}
    {#- A lot that outlives the interval pays where its cost of ordering is large. -#}
    {%- set lot = 'greatest(' ~ lacking ~ ', coalesce(sqrt(('
        ~ order_cost ~ ') * greatest(' ~ lacking ~ ', 0) / nullif('
        ~ overage_cost ~ ', 0)), 0))' -%}
    case
        when {{ lacking }} <= 0 then 0e0
        when
            {{ decision_cost(
                lot,
                available_units,
                demand_units,
                overage_cost,
                underage_cost,
                order_cost
            ) }} < ({{ underage_cost }}) * {{ lacking }}
            then {{ lot }}
        when {{ lacking }} is not null then 0e0
    end
{%- endmacro %}
