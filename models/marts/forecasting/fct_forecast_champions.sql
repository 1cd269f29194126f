with

champions as (

    select * from {{ ref('int_forecast_champions') }}

),

gains as (

    -- The least certain gain over a naive method.
    select
        segment,
        min(gap_low) as gap_low_cost,
        min_by(comparison, gap_low) as nearest_comparison
    from {{ ref('int_forecast_significance_tested') }}
    where comparison in ('seasonal_naive', 'naive') and loss = 'cycle_cost'
    group by segment

),

judged as (

    select
        champions.*,
        gains.gap_low_cost,
        replace(gains.nearest_comparison, '_', ' ') as nearest_comparison,
        champions.model in ('seasonal_naive', 'naive') as is_naive
    from champions
    left join gains
        on champions.segment = gains.segment

),

explained as (

    select
        segment,
        model,
        case
            when cycle_cost is null and step_rmse is not null
                then
                    'No order cycle closed before the test folds: the least error of '
                    || 'the periods that did.'
            when cycle_cost is null
                then 'No fold could be scored yet: the moving average serves.'
            when not is_own
                then
                    'Too few scored sums in the segment ('
                    || cast(sum_count as varchar)
                    || '): the chain''s champion serves.'
            when is_naive
                then
                    'No model is better than the '
                    || replace(model, '_', ' ')
                    || ' on the select folds.'
            else
                case
                    when replayed_cost is null
                        then
                            'Least cost of one order cycle on '
                            || cast(sum_count as varchar) || ' sums'
                    else 'Least cost of its orders, replayed over the periods'
                end
                || ' of the select folds, or of those tied with it the '
                || '{{ var("champion_default_model") }}'
                || ', else the cheapest over the chain.'
                || case
                    when gap_low_cost <= 0
                        then
                            ' Its gain over the '
                            || nearest_comparison
                            || ' is not beyond noise.'
                    else ''
                end
        end as reason,
        runner_up_model,
        cast(runner_up_cost - chosen_by_cost as double) as gap_to_runner_up_cost,
        cast(naive_cost - chosen_by_cost as double) as gap_to_naive_cost,
        cast(replayed_cost as double) as replayed_cost,
        cast(cycle_cost as double) as cycle_cost,
        cast(sum_wape as double) as lead_time_wape,
        cast(sum_count as bigint) as sum_count,
        coalesce(is_naive and is_own, false) as is_naive_best,
        case
            when not is_own then null
            when is_naive then true
            else gap_low_cost <= 0
        end as is_no_better_than_naive
    from judged

)

select * from explained
