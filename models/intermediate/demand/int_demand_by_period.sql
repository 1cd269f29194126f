with

unconstrained as (

    select * from {{ ref('int_demand_unconstrained') }}

),

periods as (

    select
        period_index,
        min(period_date) as period_date,
        max(period_end_date) as period_end_date,
        count(*) as calendar_days
    from {{ ref('int_dates') }}
    where is_complete_period
    group by period_index

),

summed as (

    select
        unconstrained.location_id,
        unconstrained.product_id,
        unconstrained.period_index,
        {{ exact_sum('unconstrained.sold_units') }} as sold_units,
        {{ exact_sum('unconstrained.unconstrained_units') }} as unconstrained_units,
        sum(unconstrained.bucket_days) as observed_days,
        sum(case
            when unconstrained.unconstrained_units is not null
                then unconstrained.bucket_days
            else 0
        end) as known_days,
        sum(case
            when unconstrained.is_empty then unconstrained.bucket_days else 0
        end) as empty_days,
        sum(case
            when unconstrained.is_off_season then unconstrained.bucket_days else 0
        end) as off_season_days,
        sum(case
            when unconstrained.is_empty or unconstrained.is_sold_out
                then unconstrained.bucket_days
            else 0
        end) as stockout_days
    from unconstrained
    group by
        unconstrained.location_id,
        unconstrained.product_id,
        unconstrained.period_index

),

complete as (

    -- Whole periods only: half a week of sales is not a week of demand.
    select
        summed.location_id,
        summed.product_id,
        summed.period_index,
        periods.period_date,
        periods.period_end_date,
        cast(summed.sold_units as double) as sold_units,
        -- Known for half of the period at least, the rest is like it; else unknown.
        cast(case
            when 2 * summed.known_days >= summed.observed_days
                then
                    summed.unconstrained_units
                    * (cast(summed.observed_days as double) / summed.known_days)
        end as double) as unconstrained_units,
        cast(summed.stockout_days as integer) as stockout_days,
        summed.stockout_days > 0 as is_stockout,
        summed.empty_days = summed.observed_days as is_empty,
        summed.off_season_days = summed.observed_days as is_off_season
    from summed
    inner join periods
        on summed.period_index = periods.period_index
    where summed.observed_days = periods.calendar_days

)

select * from complete
