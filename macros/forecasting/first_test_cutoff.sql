{#- Documented in macros/forecasting/_forecasting__macros.yml -#}

{% macro first_test_cutoff() -%}
    select min(cutoff_index) as first_test_index
    from {{ ref('int_forecast_folds') }}
    where fold_role = 'test'
{%- endmacro %}
