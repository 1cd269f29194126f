with

replays as (

    select * from {{ ref('int_policy_replays') }}

),

intervals as (

    select * from {{ ref('int_policy_replay_intervals') }}

),

settings as (

    select period_days from {{ ref('int_forecast_settings') }}

),

folds as (

    select
        cutoff_index,
        fold_role
    from {{ ref('int_forecast_folds') }}
    where fold_role <> 'live'

),

unit_costs as (

    select distinct
        location_id,
        product_id,
        unit_cost
    from {{ ref('int_policy_replay_states') }}

),

champions as (

    select
        segment,
        model
    from {{ ref('int_forecast_champions') }}

),

by_series as (

    select
        replays.policy,
        replays.model,
        replays.segment,
        replays.location_id,
        replays.product_id,
        sum(replays.charged_periods) as charged_periods,
        {{ exact_sum('replays.holding_cost') }} as holding_cost,
        {{ exact_sum('replays.shortage_cost') }} as shortage_cost,
        {{ exact_sum('replays.ordering_cost') }} as ordering_cost,
        {{ exact_sum('replays.estimated_cost') }} as estimated_cost,
        {{ exact_sum("case
            when folds.fold_role = 'test'
                then
                    replays.holding_cost
                    + replays.shortage_cost
                    + replays.ordering_cost
            else 0
        end") }} as test_cost,
        {{ exact_sum('replays.demand_units') }} as demand_units,
        {{ exact_sum('replays.sold_units') }} as sold_units,
        {{ exact_sum('replays.lost_units') }} as lost_units,
        {{ exact_sum('replays.order_count') }} as order_count,
        {{ exact_sum('replays.cycle_count') }} as cycle_count,
        {{ exact_sum('replays.short_cycle_count') }} as short_cycle_count,
        {{ exact_sum('replays.stock_unit_periods') }} as stock_unit_periods
    from replays
    inner join folds
        on replays.cutoff_index = folds.cutoff_index
    group by
        replays.policy,
        replays.model,
        replays.segment,
        replays.location_id,
        replays.product_id

),

valued as (

    -- The value of a series is a mean over its periods; a cost of goods a year's.
    select
        by_series.*,
        unit_costs.unit_cost
        * by_series.stock_unit_periods
        / nullif(by_series.charged_periods, 0) as inventory_value,
        unit_costs.unit_cost
        * by_series.sold_units
        * 365.0
        / nullif(by_series.charged_periods * settings.period_days, 0)
            as annual_cogs
    from by_series
    cross join settings
    inner join unit_costs
        on
            by_series.location_id = unit_costs.location_id
            and by_series.product_id = unit_costs.product_id

),

pooled as (

    select * from valued

    union all

    select
        policy,
        model,
        'all' as segment,
        location_id,
        product_id,
        charged_periods,
        holding_cost,
        shortage_cost,
        ordering_cost,
        estimated_cost,
        test_cost,
        demand_units,
        sold_units,
        lost_units,
        order_count,
        cycle_count,
        short_cycle_count,
        stock_unit_periods,
        inventory_value,
        annual_cogs
    from valued

),

summed as (

    select
        policy,
        model,
        segment,
        count(*) as n,
        sum(charged_periods) as charged_periods,
        {{ exact_sum('holding_cost') }} as holding_cost,
        {{ exact_sum('shortage_cost') }} as shortage_cost,
        {{ exact_sum('ordering_cost') }} as ordering_cost,
        {{ exact_sum('holding_cost + shortage_cost + ordering_cost') }} as total_cost,
        {{ exact_sum('test_cost') }} as test_cost,
        {{ exact_sum('estimated_cost') }} as estimated_cost,
        {{ exact_sum('demand_units') }} as demand_units,
        {{ exact_sum('sold_units') }} as sold_units,
        {{ exact_sum('lost_units') }} as lost_units,
        {{ exact_sum('order_count') }} as order_count,
        {{ exact_sum('cycle_count') }} as cycle_count,
        {{ exact_sum('short_cycle_count') }} as short_cycle_count,
        {{ exact_sum('inventory_value') }} as average_inventory_value,
        {{ exact_sum('annual_cogs') }} as annual_cogs
    from pooled
    group by policy, model, segment

),

published as (

    select
        summed.policy,
        summed.model,
        summed.segment,
        case
            when summed.model = 'champion' then champions.model
            when summed.model <> 'none' then summed.model
        end as forecast_model,
        cast(summed.n as bigint) as n,
        cast(summed.charged_periods as bigint) as charged_periods,
        cast(summed.holding_cost as double) as holding_cost,
        cast(summed.shortage_cost as double) as shortage_cost,
        cast(summed.ordering_cost as double) as ordering_cost,
        cast(summed.total_cost as double) as total_cost,
        cast(intervals.total_cost_low as double) as total_cost_low,
        cast(intervals.total_cost_high as double) as total_cost_high,
        cast(intervals.cost_gap as double) as cost_gap_to_shipped,
        cast(intervals.cost_gap_low as double) as cost_gap_low,
        cast(intervals.cost_gap_high as double) as cost_gap_high,
        cast(summed.test_cost as double) as test_cost,
        cast(summed.estimated_cost as double) as estimated_cost,
        cast(
            summed.estimated_cost / nullif(summed.total_cost, 0) as double
        ) as estimated_cost_share,
        cast(summed.demand_units as double) as demand_units,
        cast(summed.sold_units as double) as sold_units,
        cast(summed.lost_units as double) as lost_units,
        cast(
            summed.sold_units / nullif(summed.demand_units, 0) as double
        ) as fill_rate,
        cast(summed.order_count as bigint) as order_count,
        cast(summed.cycle_count as bigint) as cycle_count,
        cast(summed.short_cycle_count as bigint) as short_cycle_count,
        cast(
            1 - summed.short_cycle_count / nullif(summed.cycle_count, 0) as double
        ) as cycle_service,
        cast(summed.average_inventory_value as double) as average_inventory_value,
        cast(summed.annual_cogs as double) as annual_cogs,
        cast({{ inventory_turnover(
            'summed.annual_cogs', 'summed.average_inventory_value', '365'
        ) }} as double) as turnover
    from summed
    left join champions
        on summed.segment = champions.segment
    left join intervals
        on
            summed.policy = intervals.policy
            and summed.model = intervals.model
            and summed.segment = intervals.segment

)

select * from published
