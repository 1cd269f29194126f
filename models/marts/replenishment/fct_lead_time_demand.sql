with

simulated as (

    select * from {{ ref('int_lead_time_demand_simulated') }}
    where scenario = 'base'

),

lead_times as (

    select * from {{ ref('int_lead_times') }}

),

order_quantities as (

    select
        location_id,
        product_id,
        review_days
    from {{ ref('int_economic_order_quantities') }}

),

champions as (

    select distinct
        location_id,
        product_id,
        model
    from {{ ref('int_champion_forecasts') }}
    where fold_role = 'live'

),

published as (

    select
        simulated.location_id,
        simulated.product_id,
        champions.model,
        lead_times.lead_time_mean_days,
        lead_times.lead_time_sd_days,
        lead_times.lead_time_rung,
        lead_times.receipt_line_count,
        order_quantities.review_days,
        simulated.lead_time_demand_units,
        simulated.lead_time_demand_sd_units,
        simulated.demand_during_lead_time_units,
        simulated.q05_units,
        simulated.q10_units,
        simulated.q20_units,
        simulated.q25_units,
        simulated.q50_units,
        simulated.q75_units,
        simulated.q80_units,
        simulated.q90_units,
        simulated.q95_units,
        simulated.q975_units,
        simulated.q99_units,
        simulated.achieved_cycle_service,
        simulated.achieved_fill_rate,
        simulated.max_service_supported,
        simulated.own_history_units,
        simulated.method,
        cast(simulated.n_errors as bigint) as n_errors,
        cast(simulated.n_paths as bigint) as n_paths
    from simulated
    inner join lead_times
        on
            simulated.location_id = lead_times.location_id
            and simulated.product_id = lead_times.product_id
    inner join order_quantities
        on
            simulated.location_id = order_quantities.location_id
            and simulated.product_id = order_quantities.product_id
    left join champions
        on
            simulated.location_id = champions.location_id
            and simulated.product_id = champions.product_id

)

select * from published
