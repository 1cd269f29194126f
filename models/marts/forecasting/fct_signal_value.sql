with

gains as (

    select * from {{ ref('int_signal_gains') }}

),

used as (

    select distinct signal from {{ ref('int_forecast_signals_used') }}

),

reaches as (

    select
        signal,
        max(reach_periods) as reach_periods
    from {{ ref('int_forecast_signals') }}
    group by signal

),

published as (

    select
        gains.signal,
        gains.segment,
        case
            when reaches.signal is null then 'built in'
            when reaches.reach_periods > 0 then 'known ahead'
            else 'observed'
        end as status,
        cast(reaches.reach_periods as integer) as reach_periods,
        cast(gains.fold_count as bigint) as fold_count,
        cast(gains.target_count as bigint) as target_count,
        cast(gains.wape_without as double) as wape_without,
        cast(gains.wape_with as double) as wape_with,
        cast(gains.loss_gain as double) as loss_gain,
        cast(gains.loss_gain_standard_error as double) as loss_gain_standard_error,
        cast(gains.cost_without as double) as cost_without,
        cast(gains.cost_with as double) as cost_with,
        cast(gains.cost_saving as double) as cost_saving,
        cast(gains.cost_saving_standard_error as double)
            as cost_saving_standard_error,
        gains.is_paying,
        reaches.signal is null or used.signal is not null as is_used
    from gains
    left join reaches
        on gains.signal = reaches.signal
    left join used
        on gains.signal = used.signal

)

select * from published
