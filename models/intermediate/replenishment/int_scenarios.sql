{#- The plan is the scenario base, whatever the seed says of it. -#}

with

stated as (

    select * from {{ ref('scenarios') }}
    where scenario <> 'base'

),

listed as (

    select
        'base' as scenario,
        'As planned' as description, -- noqa: RF04
        cast(1 as double) as lead_time_multiplier,
        cast(null as double) as service_level,
        cast(1 as double) as unit_cost_multiplier,
        cast(null as double) as budget

    union all

    select
        scenario,
        description, -- noqa: RF04
        cast(lead_time_multiplier as double) as lead_time_multiplier,
        cast(service_level as double) as service_level,
        cast(unit_cost_multiplier as double) as unit_cost_multiplier,
        cast(budget as double) as budget
    from stated

)

select * from listed
