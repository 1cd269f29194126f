with

tested as (

    select * from {{ ref('int_forecast_significance_tested') }}

),

published as (

    select
        segment,
        comparison,
        loss,
        model,
        opponent_model,
        n_series,
        n_folds,
        overlapping_folds,
        mean_gap,
        gap_low,
        gap_high,
        mean_gap_test,
        gap_low_test,
        gap_high_test,
        bootstrap_p_value,
        diebold_mariano,
        diebold_mariano_p_value,
        coalesce(gap_low > 0, false) as is_significant,
        case
            when gap_low is null then 'too few series to tell'
            when gap_low > 0 then 'champion ahead'
            when gap_high < 0 then 'opponent ahead'
            else 'within noise'
        end as verdict
    from tested

)

select * from published
