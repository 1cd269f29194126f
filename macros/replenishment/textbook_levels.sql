{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro textbook_levels(relation) -%}
    with

    measured as (

        select
            *,
            lead_time_mean_periods + review_periods as protection_periods,
            lead_time_demand_units
            / nullif(lead_time_mean_periods + review_periods, 0)
                as demand_per_period_units
        from {{ relation }}

    ),

    spread as (

        select
            *,
            {{ sigma_lead_time_demand_units(
                'demand_per_period_units',
                'sqrt(demand_dispersion * demand_per_period_units)',
                'protection_periods',
                'coalesce(lead_time_sd_periods, 0)'
            ) }} as textbook_sigma_units,
            greatest(
                economic_lot_units, demand_per_period_units * review_periods
            ) as textbook_lot_units
        from measured

    ),

    aimed as (

        select
            *,
            {{ textbook_service(
                'target',
                'service_level',
                'holding_cost_per_unit_period',
                'shortage_cost_per_unit',
                'textbook_lot_units',
                'demand_per_period_units'
            ) }} as textbook_service
        from spread

    ),

    capped as (

        -- Beyond these the normal distribution says nothing of demand.
        select
            *,
            least(greatest(textbook_service, 0.0001), 0.9999) as capped_service,
            least(service_level, 0.9999) as capped_fill_rate
        from aimed

    )

    select
        *,
        case
            when target = 'fill_rate'
                then greatest(0e0, {{ safety_stock_fill_rate_units(
                    'textbook_lot_units', 'capped_fill_rate', 'textbook_sigma_units'
                ) }})
            when textbook_service <= 0 then -lead_time_demand_units
            else {{ safety_stock_units('capped_service', 'textbook_sigma_units') }}
        end as textbook_safety_stock_units
    from capped
{%- endmacro %}
