{#-
    Among the rules that delivered what was asked, the cheapest on the folds that choose.
    A segment with too few replenishment cycles follows all segments of its target, and
    where these are too few as well the textbook is in force.
-#}

with

kinds as (

    select distinct
        segment,
        target -- noqa: RF04
    from {{ ref('int_replenishment_terms') }}

),

replayed as (

    -- The textbook and a promised service do not know the time of excess.
    select replays.*
    from {{ ref('int_order_rules_replayed') }} as replays
    cross join {{ ref('int_excess_holding') }} as excess
    where
        replays.excess_holding_periods = case
            when replays.order_rule <> 'textbook' and replays.target = 'cost'
                then excess.excess_holding_periods
            else 1
        end

),

scoped as (

    select
        'segment' as evidence,
        segment,
        target, -- noqa: RF04
        order_rule,
        cycle_count,
        short_cycle_count,
        demand_units,
        sold_units,
        asked_service_level,
        holding_cost + shortage_cost + ordering_cost as total_cost
    from replayed

    union all

    select
        'chain' as evidence,
        null as segment,
        target, -- noqa: RF04
        order_rule,
        {{ exact_sum('cycle_count') }} as cycle_count,
        {{ exact_sum('short_cycle_count') }} as short_cycle_count,
        {{ exact_sum('demand_units') }} as demand_units,
        {{ exact_sum('sold_units') }} as sold_units,
        {{ exact_sum('asked_service_level * cycle_count') }}
        / nullif({{ exact_sum('cycle_count') }}, 0)
            as asked_service_level,
        {{ exact_sum('holding_cost + shortage_cost + ordering_cost') }} as total_cost
    from replayed
    group by target, order_rule

),

delivered as (

    -- Service is told by replenishment cycles: two of their standard errors are noise.
    select
        *,
        case target
            when 'cycle_service'
                then 1 - short_cycle_count / nullif(cycle_count, 0)
            when 'fill_rate' then sold_units / nullif(demand_units, 0)
        end as delivered_service_level,
        2 * sqrt(
            asked_service_level * (1 - asked_service_level) / nullif(cycle_count, 0)
        ) as service_noise
    from scoped
    where cycle_count >= {{ var('order_rule_min_cycles') }}

),

judged as (

    select
        *,
        target = 'cost'
        or delivered_service_level >= asked_service_level - service_noise
            as is_enough,
        max(case when order_rule = 'textbook' then total_cost end) over in_kind
            as textbook_cost,
        max(case when order_rule = 'textbook' then delivered_service_level end)
            over in_kind as textbook_service_level
    from delivered
    window in_kind as (partition by evidence, segment, target)

),

allowed as (

    -- What is dearer than the textbook and serves no more never ships.
    select *
    from judged
    where
        order_rule = 'textbook'
        or total_cost <= textbook_cost
        or (
            delivered_service_level > textbook_service_level
            and textbook_service_level < asked_service_level - service_noise
        )

),

ranked as (

    -- If none delivers what was asked, the one that delivers most.
    select
        *,
        row_number() over (
            partition by evidence, segment, target
            order by
                is_enough desc,
                case when is_enough then total_cost end asc,
                delivered_service_level desc,
                total_cost asc,
                case order_rule
                    when 'textbook' then 1 when 'forecast' then 2 else 3
                end asc
        ) as rule_rank
    from allowed

),

chosen as (

    select * from ranked
    where rule_rank = 1

),

in_force as (

    select
        kinds.segment,
        kinds.target, -- noqa: RF04
        coalesce(own.order_rule, whole.order_rule, 'textbook') as order_rule,
        case
            when own.order_rule is not null then 'own segment'
            when whole.order_rule is not null then 'all segments'
            else 'too few cycles'
        end as evidence,
        {%- for number in [
            'cycle_count', 'asked_service_level', 'delivered_service_level',
            'textbook_cost', 'textbook_service_level',
        ] %}
        cast(
            coalesce(own.{{ number }}, whole.{{ number }}) as double
        ) as {{ number }},
        {%- endfor %}
        cast(coalesce(own.total_cost, whole.total_cost) as double) as total_cost
    from kinds
    left join chosen as own
        on
            own.evidence = 'segment'
            and kinds.segment = own.segment
            and kinds.target = own.target
    left join chosen as whole
        on
            whole.evidence = 'chain'
            and kinds.target = whole.target

)

select * from in_force
