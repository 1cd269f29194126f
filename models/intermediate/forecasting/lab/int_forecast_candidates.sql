{#-
    Backtests, known before the test folds, of the models that may become champions: the
    cheapest by the order cycle over the chain, the cheapest of each segment, the one
    that ties go to, and the naive ones that every champion is held against.
-#}

with

forecasts as (

    select * from {{ ref('int_forecasts_unioned') }}

),

tested as (

    {{ first_test_cutoff() }}

),

costed as (

    select
        segment,
        model,
        {{ exact_sum('cycle_cost') }} as cycle_cost
    from {{ ref('int_forecast_sums_costed') }}
    where has_a_say
    group by segment, model

),

pairs as (

    select distinct
        location_id,
        product_id
    from {{ ref('int_policy_replay_states') }}

),

chain_ranked as (

    select
        model,
        row_number() over (
            order by round({{ exact_sum('cycle_cost') }}, 6), model
        ) as cost_rank
    from costed
    group by model

),

segment_ranked as (

    select
        model,
        row_number() over (
            partition by segment order by round(cycle_cost, 6), model
        ) as cost_rank
    from costed

),

candidates as (

    select model from chain_ranked
    where
        cost_rank <= {{ var('champion_max_candidates') }}
        or model in (
            'seasonal_naive', 'naive', '{{ var("champion_default_model") }}'
        )

    union

    select model from segment_ranked
    where cost_rank = 1

),

candidated as (

    select
        forecasts.model,
        forecasts.location_id,
        forecasts.product_id,
        forecasts.segment,
        cast(forecasts.cutoff_index as integer) as cutoff_index,
        cast(forecasts.target_index as integer) as target_index,
        cast(forecasts.horizon as integer) as horizon,
        forecasts.forecast_units,
        forecasts.actual_units
    from forecasts
    cross join tested
    inner join candidates
        on forecasts.model = candidates.model
    inner join pairs
        on
            forecasts.location_id = pairs.location_id
            and forecasts.product_id = pairs.product_id
    where coalesce(forecasts.cutoff_index < tested.first_test_index, true)

)

select * from candidated
