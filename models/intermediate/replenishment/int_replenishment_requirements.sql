{#- The terms of each pair with the lot that its forecast makes worth buying. -#}

with

terms as (

    select * from {{ ref('int_replenishment_terms') }}

),

order_quantities as (

    select * from {{ ref('int_economic_order_quantities') }}

),

horizon as (

    select * from {{ ref('int_forecast_settings') }}

),

forecasts as (

    select
        location_id,
        product_id,
        avg(forecast_units) as forecast_mean_units
    from {{ ref('int_champion_forecasts') }}
    where fold_role = 'live'
    group by location_id, product_id

),

shared as (

    -- A year's lot is too much out of season and after a decline. It is not raised in
    -- season: what lies behind the forecast may be as slow as the rest of the year.
    select
        terms.*,
        order_quantities.eoq_units,
        order_quantities.max_lot_units,
        order_quantities.pack_size_units,
        order_quantities.min_order_units,
        case
            when forecasts.forecast_mean_units = 0 then 0
            when order_quantities.annual_demand_units > 0
                then least(1, coalesce(
                    forecasts.forecast_mean_units * 365.0
                    / horizon.period_days / order_quantities.annual_demand_units,
                    1
                ))
            else 1
        end as current_demand_share
    from terms
    cross join horizon
    inner join order_quantities
        on
            terms.location_id = order_quantities.location_id
            and terms.product_id = order_quantities.product_id
    left join forecasts
        on
            terms.location_id = forecasts.location_id
            and terms.product_id = forecasts.product_id

),

required as (

    select
        location_id,
        product_id,
        segment,
        period_days,
        elapsed_periods,
        lead_time_mean_periods,
        lead_time_sd_periods,
        review_periods,
        target, -- noqa: RF04
        service_level,
        holding_cost_per_unit_period,
        shortage_cost_per_unit,
        inventory_position_units,
        on_hand_units,
        unit_margin,
        own_demand_units,
        demand_dispersion,
        cast(current_demand_share as double) as current_demand_share,
        cast({{ current_lot_units(
            'eoq_units', 'max_lot_units', 'current_demand_share',
            'pack_size_units', 'min_order_units'
        ) }} as double) as economic_lot_units
    from shared

)

select * from required
