{#-
    Where each signal is used. What it is worth over the chain is told from noise; a
    segment that it touches often enough then says whether it gains there, and one that
    it does not takes the chain's word. Promotions and holidays may pay in a segment alone;
    of signals that anyone may send some would by luck. Evidence is of the folds before
    the test.
-#}

with

signals as (
    {% for signal in built_in_signals() %}
    select
        '{{ signal }}' as signal, -- noqa: RF04
        true as is_built_in
    union all
    {%- endfor %}
    select distinct
        signal,
        false as is_built_in
    from {{ ref('int_forecast_signals') }}

),

segments as (

    select distinct segment from {{ ref('int_forecast_segments') }}

),

gains as (

    select * from {{ ref('int_signal_gains') }}

),

chain as (

    select
        signal,
        bool_or(is_judged) as is_judged,
        bool_or(is_paying) as is_paying
    from gains
    where segment in ('all', 'touched')
    group by signal

),

settings as (

    select * from {{ ref('signal_settings') }}

),

worded as (

    select
        signals.signal,
        signals.is_built_in,
        coalesce(settings.usage, 'auto') = 'yes' as is_wanted,
        case
            when settings.usage in ('yes', 'no') then 'setting'
            when not coalesce(chain.is_judged, false)
                then case when signals.is_built_in then 'default' else 'unjudged' end
            when chain.is_paying then 'pays'
            else 'pays_nowhere'
        end as decided_by
    from signals
    left join chain
        on signals.signal = chain.signal
    left join settings
        on signals.signal = settings.signal

),

touched as (

    select * from gains
    where
        is_judged
        and touched_count >= {{ var('signal_min_targets') }}

),

spread as (

    select
        worded.signal,
        segments.segment,
        worded.is_wanted,
        case
            when worded.decided_by = 'pays' and not touched.is_gaining
                then 'pays_elsewhere'
            when
                worded.decided_by = 'pays_nowhere'
                and worded.is_built_in
                and touched.is_paying
                then 'pays_here'
            else worded.decided_by
        end as decided_by
    from worded
    cross join segments
    left join touched
        on
            worded.signal = touched.signal
            and segments.segment = touched.segment

),

chosen as (

    select
        signal,
        segment,
        decided_by,
        decided_by in ('pays', 'pays_here', 'default')
        or (decided_by = 'setting' and is_wanted) as is_used
    from spread

),

pooled as (

    select * from chosen

    union all

    select
        worded.signal,
        'all' as segment,
        case
            when bool_or(chosen.decided_by = 'pays_here') then 'pays_here'
            else worded.decided_by
        end as decided_by,
        coalesce(bool_or(chosen.is_used), false) as is_used
    from worded
    left join chosen
        on worded.signal = chosen.signal
    group by worded.signal, worded.decided_by

)

select * from pooled
