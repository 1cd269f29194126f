{#- The number of periods that would have cost least; without evidence, one. -#}

with

replayed as (

    select
        excess_holding_periods,
        {{ exact_sum('holding_cost + shortage_cost + ordering_cost') }} as total_cost
    from {{ ref('int_order_rules_replayed') }}
    where order_rule = 'forecast' and target = 'cost'
    group by excess_holding_periods
    having sum(series_count) >= {{ var('excess_holding_min_series') }}

),

tied as (

    -- Costs this close are tied; the shorter time is nearer to theory.
    select excess_holding_periods
    from replayed
    qualify
        total_cost
        <= (1 + {{ var('excess_holding_tie_share') }}) * min(total_cost) over ()

),

chosen as (

    select
        cast(coalesce(min(excess_holding_periods), 1) as double)
            as excess_holding_periods
    from tied

)

select * from chosen
