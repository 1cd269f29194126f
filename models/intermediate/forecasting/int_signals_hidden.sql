{#- A signal that no segment uses has one row without a pair. -#}

with

uses as (

    select * from {{ ref('int_signal_uses') }}

),

used as (

    select signal from uses
    where segment = 'all' and is_used

),

segments as (

    select
        location_id,
        product_id,
        segment
    from {{ ref('int_forecast_segments') }}

),

hidden as (

    select
        uses.signal,
        segments.location_id,
        segments.product_id
    from uses
    inner join used
        on uses.signal = used.signal
    inner join segments
        on uses.segment = segments.segment
    where not uses.is_used

    union all

    select
        signal,
        cast(null as {{ dbt.type_string() }}) as location_id,
        cast(null as {{ dbt.type_string() }}) as product_id
    from uses
    where segment = 'all' and not is_used

)

select * from hidden
