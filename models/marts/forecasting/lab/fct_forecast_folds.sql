with

folds as (

    select * from {{ ref('int_forecast_folds') }}

),

settings as (

    select * from {{ ref('int_forecast_settings') }}

),

published as (

    select
        folds.cutoff_date,
        folds.fold_role,
        cast(folds.cutoff_index as integer) as cutoff_index,
        settings.horizon_periods,
        cast({{ dbt.dateadd(
            'day',
            'settings.horizon_periods * settings.period_days',
            'folds.cutoff_date'
        ) }} as date) as last_forecast_date,
        folds.fold_role in ('select') as is_choosing,
        folds.fold_role = 'test' as is_untouched,
        folds.is_season_ahead
    from folds
    cross join settings

)

select * from published
