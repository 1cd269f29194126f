with

scenarios as (

    select * from {{ ref('int_scenarios') }}

),

orders as (

    -- Of a large chain the pairs that the laboratory judges.
    select orders.*
    from {{ ref('fct_scenario_orders') }} as orders
    inner join {{ ref('int_judged_series') }} as judged
        on
            orders.location_id = judged.location_id
            and orders.product_id = judged.product_id

),

summed as (

    -- Costs are those of the pairs whose unit costs are known, the same in each
    -- scenario.
    select
        scenario,
        count(*) as pair_count,
        count(expected_cost) as costed_pair_count,
        count(*) filter (where order_qty_units > 0) as order_line_count,
        count(*) filter (where change_units <> 0) as changed_line_count,
        {{ exact_sum('order_qty_units') }} as order_units,
        {{ exact_sum('order_value') }} as order_value,
        {{ exact_sum('expected_demand_units') }} as expected_demand_units,
        {{ exact_sum('expected_short_units') }} as expected_short_units,
        {{ exact_sum('case when expected_cost is not null then holding_cost end') }}
            as holding_cost,
        {{ exact_sum('case when expected_cost is not null then shortage_cost end') }}
            as shortage_cost,
        {{ exact_sum('case when expected_cost is not null then ordering_cost end') }}
            as ordering_cost,
        {{ exact_sum('expected_cost') }} as expected_cost
    from orders
    group by scenario

),

compared as (

    select
        scenarios.scenario,
        scenarios.description,
        cast(scenarios.lead_time_multiplier as double) as lead_time_multiplier,
        cast(scenarios.service_level as double) as service_level,
        cast(scenarios.unit_cost_multiplier as double) as unit_cost_multiplier,
        cast(scenarios.budget as double) as budget,
        cast(summed.pair_count as integer) as pair_count,
        cast(summed.costed_pair_count as integer) as costed_pair_count,
        cast(summed.order_line_count as integer) as order_line_count,
        cast(summed.changed_line_count as integer) as changed_line_count,
        cast(summed.order_units as double) as order_units,
        cast(summed.order_units - base.order_units as double) as order_change_units,
        cast(summed.order_value as double) as order_value,
        cast(summed.order_value - base.order_value as double) as order_value_change,
        cast(summed.expected_demand_units as double) as expected_demand_units,
        cast(summed.expected_short_units as double) as expected_short_units,
        cast(
            1 - summed.expected_short_units / nullif(summed.expected_demand_units, 0)
            as double
        ) as expected_fill_rate,
        cast(summed.holding_cost as double) as holding_cost,
        cast(summed.shortage_cost as double) as shortage_cost,
        cast(summed.ordering_cost as double) as ordering_cost,
        cast(summed.expected_cost as double) as expected_cost,
        cast(summed.expected_cost - base.expected_cost as double)
            as expected_cost_change
    from scenarios
    left join summed
        on scenarios.scenario = summed.scenario
    left join summed as base
        on base.scenario = 'base'

)

select * from compared
