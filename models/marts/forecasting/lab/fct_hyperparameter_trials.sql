with

trials as (

    select * from {{ ref('hyperparameter_trials') }}

),

applied as (

    select distinct
        model,
        planning_period
    from {{ ref('model_hyperparameters') }}

),

ranked as (

    -- Only trials that were scored on all folds compete.
    select
        *,
        case
            when state = 'complete'
                then row_number() over (
                    partition by
                        model,
                        planning_period,
                        case when state = 'complete' then 1 else 0 end
                    order by loss, strategy, trial_number
                )
        end as loss_rank
    from trials

),

judged as (

    select
        ranked.model,
        ranked.planning_period,
        ranked.strategy,
        cast(ranked.trial_number as integer) as trial_number,
        ranked.state,
        ranked.is_default,
        ranked.parameters,
        cast(ranked.loss as double) as loss,
        cast(1 - ranked.loss as double) as loss_gain,
        cast(ranked.loss_rank as integer) as loss_rank,
        coalesce(ranked.loss_rank = 1 and applied.model is not null, false)
            as is_applied,
        ranked.fold_losses,
        cast(ranked.cpu_seconds as double) as cpu_seconds,
        cast(ranked.random_seed as integer) as random_seed,
        ranked.tuned_on
    from ranked
    left join applied
        on
            ranked.model = applied.model
            and ranked.planning_period = applied.planning_period

)

select * from judged
