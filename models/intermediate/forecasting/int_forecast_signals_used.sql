{#- A signal that does not pay is off, unless a person says otherwise. -#}

with

signals as (

    select * from {{ ref('int_forecast_signals') }}

),

gains as (

    select
        signal,
        bool_or(is_paying) as is_paying
    from {{ ref('int_signal_gains') }}
    where segment in ('all', 'touched')
    group by signal

),

settings as (

    select * from {{ ref('signal_settings') }}

),

used as (

    select
        signals.signal,
        signals.location_id,
        signals.period_index,
        signals.period_value,
        signals.observed_value,
        signals.reach_periods
    from signals
    left join gains
        on signals.signal = gains.signal
    left join settings
        on signals.signal = settings.signal
    where
        case coalesce(settings.usage, 'auto')
            when 'yes' then true
            when 'no' then false
            else coalesce(gains.is_paying, false)
        end

)

select * from used
