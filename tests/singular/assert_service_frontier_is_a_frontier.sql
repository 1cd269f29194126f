-- Each segment has one level in force and one that is best; more service never takes
-- less stock, and serves no less.

with

levels as (

    select
        *,
        lag(investment_value) over (
            partition by segment, is_current
            order by service_level
        ) as investment_below,
        lag(fill_rate) over (
            partition by segment, is_current
            order by service_level
        ) as fill_rate_below
    from {{ ref('fct_service_frontier') }}

),

marked as (

    select
        segment,
        sum(case when is_current then 1 else 0 end) as current_count,
        sum(case when is_best then 1 else 0 end) as best_count,
        -- The row in force may mix policies: it lies on the frontier or not.
        sum(case
            when
                not is_current
                and (
                    investment_value < investment_below * (1 - 1e-9)
                    or fill_rate < fill_rate_below - 1e-9
                )
                then 1
            else 0
        end) as fall_count
    from levels
    where segment <> 'all'
    group by segment

)

select
    segment,
    current_count,
    best_count,
    fall_count
from marked
where current_count <> 1 or best_count <> 1 or fall_count > 0
