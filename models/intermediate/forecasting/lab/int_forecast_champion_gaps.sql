{#- What the champion saves against the runner-up and against the naive methods. -#}
{%- set comparisons = ['runner_up', 'seasonal_naive', 'naive'] -%}

with

costed as (

    select
        *,
        power(actual_sum_units - forecast_sum_units, 2)
        / nullif(mean_squared_step * protection_periods, 0) as squared_scaled_error
    from {{ ref('int_forecast_sums_costed') }}
    where fold_role <> 'calib'

),

champions as (

    select * from {{ ref('int_forecast_champions') }}

),

fold_distances as (

    select
        lead(cutoff_index) over (order by cutoff_index) - cutoff_index
            as distance_periods
    from {{ ref('int_forecast_folds') }}
    where fold_role <> 'live'

),

steps as (

    select coalesce(min(distance_periods), 1) as step_periods
    from fold_distances

),

opponents as (
    {% for comparison in comparisons %}
    select
        segment,
        '{{ comparison }}' as comparison,
        model,
        {{ 'runner_up_model' if comparison == 'runner_up' else "'" ~ comparison ~ "'" }}
            as opponent_model
    from champions
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

gaps as (

    select
        opponents.segment,
        opponents.comparison,
        opponents.model,
        opponents.opponent_model,
        own.location_id,
        own.product_id,
        own.cutoff_date,
        own.fold_role,
        cast(ceil(own.protection_periods / steps.step_periods) as integer)
            as overlapping_folds,
        opponent.cycle_cost - own.cycle_cost as gap_cost,
        opponent.squared_scaled_error - own.squared_scaled_error
            as gap_squared_scaled_error
    from opponents
    cross join steps
    inner join costed as own
        on
            opponents.segment = own.segment
            and opponents.model = own.model
    inner join costed as opponent
        on
            opponents.opponent_model = opponent.model
            and own.location_id = opponent.location_id
            and own.product_id = opponent.product_id
            and own.cutoff_date = opponent.cutoff_date
    where opponents.opponent_model <> opponents.model

),

replays as (

    -- Of the test folds alone: the others chose the champion.
    select
        replays.model,
        replays.segment,
        replays.location_id,
        replays.product_id,
        folds.cutoff_date,
        replays.holding_cost + replays.shortage_cost + replays.ordering_cost
            as replayed_cost
    from {{ ref('int_policy_replays') }} as replays
    inner join {{ ref('int_forecast_folds') }} as folds
        on replays.cutoff_index = folds.cutoff_index
    where
        folds.fold_role = 'test'
        and replays.policy = 'shipped'

),

replay_gaps as (

    select
        opponents.segment,
        opponents.comparison,
        opponents.model,
        opponents.opponent_model,
        own.location_id,
        own.product_id,
        own.cutoff_date,
        opponent.replayed_cost - own.replayed_cost as gap_replayed_cost
    from opponents
    inner join replays as own
        on
            opponents.segment = own.segment
            and own.model = 'champion'
    inner join replays as opponent
        on
            opponents.opponent_model = opponent.model
            and own.location_id = opponent.location_id
            and own.product_id = opponent.product_id
            and own.cutoff_date = opponent.cutoff_date
    where opponents.opponent_model <> opponents.model

),

replayed as (

    -- A cutoff whose interval has not closed has been replayed all the same, from it
    -- to the next.
    select
        coalesce(gaps.segment, replay_gaps.segment) as segment,
        coalesce(gaps.comparison, replay_gaps.comparison) as comparison,
        coalesce(gaps.model, replay_gaps.model) as model, -- noqa: RF04
        coalesce(gaps.opponent_model, replay_gaps.opponent_model) as opponent_model,
        coalesce(gaps.location_id, replay_gaps.location_id) as location_id,
        coalesce(gaps.product_id, replay_gaps.product_id) as product_id,
        coalesce(gaps.cutoff_date, replay_gaps.cutoff_date) as cutoff_date,
        coalesce(gaps.fold_role, 'test') as fold_role,
        coalesce(gaps.overlapping_folds, 1) as overlapping_folds,
        gaps.gap_cost,
        gaps.gap_squared_scaled_error,
        replay_gaps.gap_replayed_cost
    from gaps
    full outer join replay_gaps
        on
            gaps.segment = replay_gaps.segment
            and gaps.comparison = replay_gaps.comparison
            and gaps.location_id = replay_gaps.location_id
            and gaps.product_id = replay_gaps.product_id
            and gaps.cutoff_date = replay_gaps.cutoff_date

),

pooled as (

    select * from replayed

    union all

    select
        'all' as segment,
        comparison,
        'champion' as pooled_model,
        comparison as opponent_model,
        location_id,
        product_id,
        cutoff_date,
        fold_role,
        overlapping_folds,
        gap_cost,
        gap_squared_scaled_error,
        gap_replayed_cost
    from replayed

)

select * from pooled
order by segment, comparison, location_id, product_id, cutoff_date
