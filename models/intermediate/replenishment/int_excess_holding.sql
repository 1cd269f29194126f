{#- The number of periods that would have cost least; without evidence, one. -#}

with

replayed as (

    select
        *,
        holding_cost + shortage_cost + ordering_cost as total_cost
    from {{ ref('int_excess_holding_replayed') }}
    where series_count >= {{ var('excess_holding_min_series') }}

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
