with

tested as (

    select * from {{ ref('int_forecast_significance_tested') }}

),

published as (

    select
        segment,
        model,
        runner_up_model,
        n_series,
        n_folds,
        mean_gap_cost,
        gap_low_cost,
        gap_high_cost,
        bootstrap_p_value,
        diebold_mariano,
        diebold_mariano_p_value,
        coalesce(gap_low_cost > 0, false) as is_significant
    from tested

)

select * from published
