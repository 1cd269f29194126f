with

signals as (

    select * from {{ ref('int_forecast_signals') }}

),

used as (

    select signal from {{ ref('int_signal_uses') }}
    where segment = 'all' and is_used

),

kept as (

    select
        signals.signal,
        signals.location_id,
        signals.period_index,
        signals.period_value,
        signals.observed_value,
        signals.reach_periods
    from signals
    inner join used
        on signals.signal = used.signal

)

select * from kept
