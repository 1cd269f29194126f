with

settings as (

    select period_days from {{ ref('int_forecast_settings') }}

),

sources as (

    select distinct lead_time_source
    from {{ ref('int_policy_replay_states') }}
    where lead_time_source is not null

),

observed as (

    select * from {{ ref('int_lead_times_observed') }}
    where is_received

),

named as (

    select
        po_line_id,
        'vendor_product ' || vendor_id || '|' || product_id as lead_time_source,
        duration_days
    from observed

    union all

    select
        po_line_id,
        'vendor ' || vendor_id as lead_time_source,
        duration_days
    from observed

),

seen as (

    select
        named.lead_time_source,
        named.po_line_id,
        cast(
            named.duration_days / settings.period_days as double
        ) as lead_time_periods
    from named
    cross join settings
    inner join sources
        on named.lead_time_source = sources.lead_time_source

)

select * from seen
