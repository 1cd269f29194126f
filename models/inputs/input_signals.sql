with

signals as (

    select * from {{ ref('stg_shared__signals') }}

),

legal as (

    select
        signal,
        signal_date,
        value,
        location_id

    from signals

    where not is_rejected

)

select * from legal
