with

budgeted as (

    select * from {{ ref('int_forecast_budget') }}

),

published as (

    select
        family,
        model,
        cast(series_count as bigint) as series_count,
        cast(fold_count as integer) as fold_count,
        cast(cpu_seconds_estimated as double) as cpu_seconds_estimated,
        cast(family_cpu_seconds_estimated as double) as family_cpu_seconds_estimated,
        budget_seconds,
        is_protected,
        is_cut,
        case
            when is_cut
                then
                    'Left out: with this family the run would take '
                    || cast(cast(ceil(cpu_seconds_so_far) as bigint) as varchar)
                    || ' s of CPU time, above the budget of '
                    || cast(cast(floor(budget_seconds) as bigint) as varchar)
                    || ' s.'
            when budget_seconds is null then 'Runs: there is no budget.'
            when is_protected and cpu_seconds_so_far > budget_seconds
                then 'Runs although it is above the budget: never left out.'
            else 'Runs: within the budget.'
        end as reason
    from budgeted

)

select * from published
