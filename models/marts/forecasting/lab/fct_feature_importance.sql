with

importance as (

    select * from {{ ref('int_feature_importance') }}

),

published as (

    select
        model,
        segment,
        feature,
        cast(importance_rank as bigint) as importance_rank,
        feature_columns,
        cast(fold_count as bigint) as fold_count,
        cast(series_count as bigint) as series_count,
        cast(target_count as bigint) as target_count,
        cast(loss as double) as loss,
        cast(loss_permuted as double) as loss_permuted,
        cast(loss_rise as double) as loss_rise,
        cast(loss_rise_standard_error as double) as loss_rise_standard_error,
        cast(rise_share as double) as rise_share,
        cast(actual_units as double) as actual_units,
        cast(absolute_error_units as double) as absolute_error_units,
        cast(permuted_absolute_error_units as double)
            as permuted_absolute_error_units,
        cast(absolute_error_units / nullif(actual_units, 0) as double) as wape,
        cast(permuted_absolute_error_units / nullif(actual_units, 0) as double)
            as wape_permuted,
        cast(wape_rise as double) as wape_rise,
        cast(wape_rise_standard_error as double) as wape_rise_standard_error,
        is_significant
    from importance

)

select * from published
