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

replays as (

    -- Of the test folds alone: the others chose the champion, whose orders stand in for
    -- its model's.
    select
        case
            when replays.model = 'champion' then champions.model else replays.model
        end as model, -- noqa: RF04
        replays.segment,
        replays.location_id,
        replays.product_id,
        folds.cutoff_date,
        replays.holding_cost + replays.shortage_cost + replays.ordering_cost
            as replayed_cost
    from {{ ref('int_policy_replays') }} as replays
    inner join {{ ref('int_forecast_folds') }} as folds
        on replays.cutoff_index = folds.cutoff_index
    inner join champions
        on
            replays.segment = champions.segment
            and replays.model <> champions.model
    where
        folds.fold_role = 'test'
        and replays.policy = 'shipped'

),

losses as (

    -- A cutoff whose interval has not closed has been replayed all the same, from it
    -- to the next.
    select
        coalesce(costed.segment, replays.segment) as segment,
        coalesce(costed.model, replays.model) as model, -- noqa: RF04
        coalesce(costed.location_id, replays.location_id) as location_id,
        coalesce(costed.product_id, replays.product_id) as product_id,
        coalesce(costed.cutoff_date, replays.cutoff_date) as cutoff_date,
        coalesce(costed.fold_role, 'test') as fold_role,
        costed.protection_periods,
        costed.cycle_cost,
        costed.squared_scaled_error,
        replays.replayed_cost
    from costed
    full outer join replays
        on
            costed.segment = replays.segment
            and costed.model = replays.model
            and costed.location_id = replays.location_id
            and costed.product_id = replays.product_id
            and costed.cutoff_date = replays.cutoff_date

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
        coalesce(
            cast(ceil(own.protection_periods / steps.step_periods) as integer), 1
        ) as overlapping_folds,
        opponent.cycle_cost - own.cycle_cost as gap_cost,
        opponent.squared_scaled_error - own.squared_scaled_error
            as gap_squared_scaled_error,
        opponent.replayed_cost - own.replayed_cost as gap_replayed_cost
    from opponents
    cross join steps
    inner join losses as own
        on
            opponents.segment = own.segment
            and opponents.model = own.model
    inner join losses as opponent
        on
            opponents.opponent_model = opponent.model
            and own.location_id = opponent.location_id
            and own.product_id = opponent.product_id
            and own.cutoff_date = opponent.cutoff_date
    where opponents.opponent_model <> opponents.model

),

pooled as (

    select * from gaps

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
    from gaps

)

select * from pooled
order by segment, comparison, location_id, product_id, cutoff_date
