with

gains as (

    select * from {{ ref('int_signal_gains') }}

),

uses as (

    select * from {{ ref('int_signal_uses') }}

),

reaches as (

    select
        signal,
        max(reach_periods) as reach_periods
    from {{ ref('int_forecast_signals') }}
    group by signal

),

keys as (

    select
        signal,
        segment
    from gains

    union

    select
        signal,
        segment
    from uses

),

published as (

    -- Touched targets and others lie in every segment: of them the chain's use is said.
    select
        keys.signal,
        keys.segment,
        case
            when reaches.signal is null then 'built in'
            when reaches.reach_periods > 0 then 'known ahead'
            else 'observed'
        end as status,
        cast(reaches.reach_periods as integer) as reach_periods,
        cast(coalesce(gains.fold_count, 0) as bigint) as fold_count,
        cast(coalesce(gains.target_count, 0) as bigint) as target_count,
        cast(coalesce(gains.touched_count, 0) as bigint) as touched_count,
        cast(gains.wape_without as double) as wape_without,
        cast(gains.wape_with as double) as wape_with,
        cast(gains.loss_gain as double) as loss_gain,
        cast(gains.loss_gain_standard_error as double) as loss_gain_standard_error,
        cast(gains.cost_without as double) as cost_without,
        cast(gains.cost_with as double) as cost_with,
        cast(gains.cost_saving as double) as cost_saving,
        cast(gains.cost_saving_standard_error as double)
            as cost_saving_standard_error,
        coalesce(gains.is_paying, false) as is_paying,
        uses.is_used,
        uses.decided_by
    from keys
    left join gains
        on
            keys.signal = gains.signal
            and keys.segment = gains.segment
    left join uses
        on
            keys.signal = uses.signal
            and case
                when keys.segment in ('touched', 'others') then 'all'
                else keys.segment
            end = uses.segment
    left join reaches
        on keys.signal = reaches.signal

)

select * from published
