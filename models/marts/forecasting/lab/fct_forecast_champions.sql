with

champions as (

    select * from {{ ref('int_forecast_champions') }}

),

test_sums as (

    select * from {{ ref('int_forecast_sums_costed') }}
    where fold_role = 'test'

),

test_errors as (

    select
        champions.segment,
        {{ exact_sum(
            'abs(test_sums.actual_sum_units - test_sums.forecast_sum_units)'
        ) }}
        / nullif({{ exact_sum('test_sums.actual_sum_units') }}, 0) as test_sum_wape,
        count(*) as test_sum_count
    from champions
    inner join test_sums
        on
            champions.segment = test_sums.segment
            and champions.model = test_sums.model
    group by champions.segment

),

naive_tests as (

    -- In the money of the replay where the naive method was replayed too, else in
    -- error; on the test folds, which chose nothing.
    select
        segment,
        comparison,
        loss,
        gap_low_test
    from {{ ref('int_forecast_significance_tested') }}
    where
        comparison in ('seasonal_naive', 'naive')
        and loss in ('replayed_cost', 'squared_scaled_error')
        and gap_low_test is not null
    qualify row_number() over (
        partition by segment, comparison
        order by case when loss = 'replayed_cost' then 0 else 1 end
    ) = 1

),

nearest as (

    -- The naive method that the champion is least surely better than.
    select
        segment,
        comparison,
        loss,
        gap_low_test > 0 as is_better
    from naive_tests
    qualify row_number() over (
        partition by segment
        order by
            case when gap_low_test > 0 then 1 else 0 end,
            case when loss = 'replayed_cost' then 0 else 1 end,
            comparison
    ) = 1

),

judged as (

    select
        champions.*,
        test_errors.test_sum_wape,
        coalesce(test_errors.test_sum_count, 0) as test_sum_count,
        nearest.is_better,
        nearest.loss as naive_loss,
        replace(nearest.comparison, '_', ' ') as nearest_comparison,
        champions.model in ('seasonal_naive', 'naive') as is_naive
    from champions
    left join test_errors
        on champions.segment = test_errors.segment
    left join nearest
        on champions.segment = nearest.segment

),

explained as (

    select
        segment,
        model,
        decided_by,
        case decided_by
            when 'nothing'
                then 'No fold could be scored yet: the moving average serves.'
            when 'step_error'
                then
                    'No order cycle closed before the test folds: the least error of '
                    || 'the periods that did.'
            when 'chain'
                then
                    'Too few scored sums in the segment ('
                    || cast(sum_count as varchar)
                    || '): the chain''s champion serves.'
            else
                case decided_by
                    when 'own_replay'
                        then 'Least cost of its orders, replayed'
                    when 'own_cycle'
                        then
                            'Least cost of one order cycle on '
                            || cast(sum_count as varchar) || ' sums'
                    when 'tie_default'
                        then
                            'No model is cheaper by more than a tie than the '
                            || replace(model, '_', ' ')
                    when 'tie_chain'
                        then 'Cheapest over the chain of those tied in cost'
                    when 'tie_error'
                        then 'Least error of those equal in cost'
                    when 'step_veto'
                        then
                            'Least cost of the models that are not wrong period by '
                            || 'period'
                end
                || case
                    when decided_by = 'own_cycle' then ' of the select folds.'
                    else ' over the periods of the select folds.'
                end
                || case
                    when is_naive then ' It is a naive method.'
                    when is_better = false
                        then
                            ' Its gain over the '
                            || nearest_comparison
                            || ' is not beyond noise on the test folds, in '
                            || case naive_loss
                                when 'replayed_cost' then 'replayed cost.'
                                else 'error.'
                            end
                    else ''
                end
        end as reason,
        runner_up_model,
        cast(runner_up_cost - chosen_by_cost as double) as gap_to_runner_up_cost,
        cast(naive_cost - chosen_by_cost as double) as gap_to_naive_cost,
        cast(replayed_cost as double) as replayed_cost,
        cast(cycle_cost as double) as cycle_cost,
        cast(test_sum_wape as double) as lead_time_wape,
        cast(sum_count as bigint) as sum_count,
        cast(test_sum_count as bigint) as test_sum_count,
        coalesce(is_naive and is_own, false) as is_naive_best,
        case
            when not is_own then null
            when is_naive then true
            else not is_better
        end as is_no_better_than_naive,
        case when is_own and not is_naive then naive_loss end as naive_tested_by
    from judged

)

select * from explained
