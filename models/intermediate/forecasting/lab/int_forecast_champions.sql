{#-
    Chosen on the select folds alone, and of those on what was known at the first test
    cutoff; what the test folds saw has no say. The money is that of the replay of the
    shipped rule, and of one order cycle at the cutoffs a year ago, which no replay
    follows: a product of one season must not be judged off season only. A segment
    without a replay takes the order cycle alone.
-#}

with

tested as (

    {{ first_test_cutoff() }}

),

costed as (

    select * from {{ ref('int_forecast_sums_costed') }}
    where has_a_say

),

stepped as (

    -- Where no protection interval closed, the single periods that did.
    select
        steps.model,
        round(sqrt({{ exact_mean('
            power(steps.actual_units - steps.forecast_units, 2)
        ') }}), 6) as step_rmse,
        round({{ exact_mean('abs(steps.actual_units - steps.forecast_units)') }}, 6)
            as step_mae
    from {{ ref('int_forecasts_unioned') }} as steps
    cross join tested
    where
        steps.fold_role = 'select'
        and steps.actual_units is not null
        and (
            tested.first_test_index is null
            or steps.target_index <= tested.first_test_index
        )
    group by steps.model

),

pooled as (

    select
        segment,
        model,
        cycle_cost,
        actual_sum_units,
        forecast_sum_units
    from costed

    union all

    select
        'all' as segment,
        model,
        cycle_cost,
        actual_sum_units,
        forecast_sum_units
    from costed

),

scored as (

    select
        segment,
        model,
        count(*) as sum_count,
        -- Models that forecast alike must tie: the last digits of a sum of floats
        -- are no reason.
        round({{ exact_sum('cycle_cost') }}, 6) as cycle_cost,
        round(
            {{ exact_sum('abs(actual_sum_units - forecast_sum_units)') }}
            / nullif({{ exact_sum('actual_sum_units') }}, 0),
            9
        ) as sum_wape,
        round(sqrt({{ exact_mean('
            power(actual_sum_units - forecast_sum_units, 2)
        ') }}), 6) as sum_rmse
    from pooled
    group by segment, model

),

replayed as (

    select
        replays.segment,
        replays.model,
        {{ exact_sum('
            replays.holding_cost + replays.shortage_cost + replays.ordering_cost
        ') }} as replayed_cost
    from {{ ref('int_forecast_replays') }} as replays
    inner join {{ ref('int_forecast_folds') }} as folds
        on replays.cutoff_index = folds.cutoff_index
    where folds.fold_role = 'select'
    group by replays.segment, replays.model

),

season_ahead as (

    select
        costed.segment,
        costed.model,
        {{ exact_sum('costed.cycle_cost') }} as season_ahead_cost
    from costed
    inner join {{ ref('int_forecast_folds') }} as folds
        on costed.cutoff_date = folds.cutoff_date
    where folds.is_season_ahead
    group by costed.segment, costed.model

),

judged as (

    select
        replayed.segment,
        replayed.model,
        replayed.replayed_cost + coalesce(season_ahead.season_ahead_cost, 0)
            as replayed_cost
    from replayed
    left join season_ahead
        on
            replayed.segment = season_ahead.segment
            and replayed.model = season_ahead.model

),

replayed_pooled as (

    select
        segment,
        model,
        round(replayed_cost, 6) as replayed_cost
    from judged

    union all

    select
        'all' as segment,
        model,
        round({{ exact_sum('replayed_cost') }}, 6) as replayed_cost
    from judged
    group by model

),

models as (

    select distinct model from {{ ref('int_forecasts_unioned') }}

    union all

    -- A history too short for any fold leaves the model that needs no training.
    select 'moving_average' as model -- noqa: RF04
    from (
        select count(*) as row_count from {{ ref('int_forecasts_unioned') }}
    ) as backtested
    where row_count = 0

),

segments as (

    select distinct segment from {{ ref('int_forecast_segments') }}

),

with_fallback as (

    select
        segments.segment,
        models.model,
        stepped.step_rmse,
        stepped.step_mae,
        models.model not in (
            {%- for name in var('champion_needs_evidence') %}
            '{{ name }}'{{ ',' if not loop.last }}
            {%- endfor %}
        ) as is_alone,
        coalesce(own.sum_count, 0) as sum_count,
        overall.sum_count as overall_sum_count,
        overall.cycle_cost as overall_cost,
        coalesce(own.sum_count, 0) >= {{ var('champion_min_sums') }} as is_own,
        case
            when coalesce(own.sum_count, 0) >= {{ var('champion_min_sums') }}
                then own.cycle_cost
            else overall.cycle_cost
        end as cycle_cost,
        case
            when coalesce(own.sum_count, 0) >= {{ var('champion_min_sums') }}
                then own.sum_wape
            else overall.sum_wape
        end as sum_wape,
        case
            when coalesce(own.sum_count, 0) >= {{ var('champion_min_sums') }}
                then own.sum_rmse
            else overall.sum_rmse
        end as sum_rmse,
        case
            when coalesce(own.sum_count, 0) >= {{ var('champion_min_sums') }}
                then own_replay.replayed_cost
            else overall_replay.replayed_cost
        end as replayed_cost,
        overall_replay.replayed_cost as overall_replayed_cost
    from segments
    cross join models
    left join scored as own
        on
            segments.segment = own.segment
            and models.model = own.model
    left join scored as overall
        on
            overall.segment = 'all'
            and models.model = overall.model
    left join replayed_pooled as own_replay
        on
            segments.segment = own_replay.segment
            and models.model = own_replay.model
    left join replayed_pooled as overall_replay
        on
            overall_replay.segment = 'all'
            and models.model = overall_replay.model
    left join stepped
        on models.model = stepped.model

),

priced as (

    -- One kind of money in a segment: a model that was not replayed has none where
    -- others were.
    select
        *,
        case
            when count(replayed_cost) over (partition by segment) > 0
                then replayed_cost
            else cycle_cost
        end as chosen_by_cost,
        case
            when count(overall_replayed_cost) over (partition by segment) > 0
                then overall_replayed_cost
            else overall_cost
        end as chain_cost
    from with_fallback

),

compared as (

    select
        *,
        coalesce(overall_sum_count, 0) >= {{ var('champion_min_sums') }} as is_proven,
        step_rmse <= 1.01 * min(case when is_alone then step_rmse end) over (
            partition by segment
        ) as is_step_tied,
        coalesce(
            step_rmse > {{ var('champion_most_step_error') }} * min(step_rmse) over (
                partition by segment
            ),
            false
        ) as is_wrong_by_step
    from priced

),

bounded as (

    select
        *,
        min(chosen_by_cost) over (partition by segment) as least_cost,
        min(case when not is_wrong_by_step then chosen_by_cost end) over (
            partition by segment
        ) as least_eligible_cost
    from compared

),

weighed as (

    -- A few folds of a segment cannot part costs that lie this close: they are tied.
    -- The combination is right on average, so a single model must do clearly better;
    -- where it is not among them the chain as a whole decides.
    select
        *,
        is_proven
        and not is_wrong_by_step
        and chosen_by_cost
        <= (1 + {{ var('champion_tie_share') }}) * least_eligible_cost as is_tied
    from bounded

),

ranked as (

    -- Where hardly an interval has closed nothing is proven in money: a model of a
    -- series alone serves, by its single periods, since one that learns from all is
    -- as wrong for all. Errors within a hundredth are tied, and the absolute one
    -- decides. Without a single known period it is the moving average.
    select
        *,
        row_number() over (
            partition by segment
            order by
                case when is_proven or is_alone then 0 else 1 end,
                case when is_wrong_by_step then 1 else 0 end,
                case
                    when is_proven then 0
                    when is_step_tied then step_mae
                    else 1e9 + step_rmse
                end nulls last,
                case
                    when is_tied and model = '{{ var("champion_default_model") }}'
                        then 0
                    else 1
                end,
                case when is_tied then chain_cost end nulls last,
                chosen_by_cost nulls last,
                sum_rmse nulls last,
                step_rmse nulls last,
                case when model = 'moving_average' then 0 else 1 end,
                model
        ) as cost_rank
    from weighed

),

paired as (

    select
        champion.segment,
        champion.model,
        case
            when not champion.is_proven and champion.step_rmse is null then 'nothing'
            when not champion.is_proven then 'step_error'
            when not champion.is_own then 'chain'
            -- Another was as cheap, or cheaper within the tie.
            when
                champion.chosen_by_cost > champion.least_eligible_cost
                or (
                    runner_up.is_tied
                    and champion.chosen_by_cost = runner_up.chosen_by_cost
                )
                then
                    case
                        when champion.model = '{{ var("champion_default_model") }}'
                            then 'tie_default'
                        when champion.chain_cost = runner_up.chain_cost
                            then 'tie_error'
                        else 'tie_chain'
                    end
            when
                champion.chosen_by_cost is null
                or champion.chosen_by_cost > champion.least_cost
                then 'step_veto'
            when champion.replayed_cost is not null then 'own_replay'
            else 'own_cycle'
        end as decided_by,
        champion.sum_count,
        champion.is_own,
        champion.replayed_cost,
        champion.cycle_cost,
        champion.chosen_by_cost,
        champion.sum_wape,
        champion.step_rmse,
        runner_up.model as runner_up_model,
        runner_up.chosen_by_cost as runner_up_cost,
        naive.chosen_by_cost as naive_cost
    from ranked as champion
    left join ranked as runner_up
        on
            champion.segment = runner_up.segment
            and runner_up.cost_rank = 2
    left join ranked as naive
        on
            champion.segment = naive.segment
            and naive.model = 'seasonal_naive'
    where champion.cost_rank = 1

)

select * from paired
