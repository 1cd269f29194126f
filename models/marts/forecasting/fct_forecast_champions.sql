with

champions as (

    select * from {{ ref('int_forecast_champions') }}

),

explained as (

    select
        segment,
        model,
        case
            when cycle_cost is null
                then 'No fold could be scored yet: the moving average serves.'
            when not is_own
                then
                    'Too few scored sums in the segment ('
                    || cast(sum_count as varchar)
                    || '): the chain''s champion serves.'
            when model = 'seasonal_naive'
                then 'No model is better than the seasonal naive on the select folds.'
            else
                'Least cost of one order cycle on '
                || cast(sum_count as varchar)
                || ' sums of the select folds, or the least error among costs'
                || ' that are tied.'
        end as reason,
        runner_up_model,
        cast(runner_up_cost - cycle_cost as double) as gap_to_runner_up_cost,
        cast(naive_cost - cycle_cost as double) as gap_to_naive_cost,
        cast(cycle_cost as double) as cycle_cost,
        cast(sum_wape as double) as lead_time_wape,
        cast(sum_count as bigint) as sum_count,
        coalesce(model = 'seasonal_naive' and is_own, false) as is_naive_best
    from champions

)

select * from explained
