{#- What a policy knows of a pair at a cutoff; what is fixed is as of today. -#}

with

folds as (

    select
        cutoff_index,
        cutoff_date
    from {{ ref('int_forecast_folds') }}
    -- A replay follows forecasts from cutoff to cutoff: those of a year ago are months
    -- before the next one and lend it their errors alone.
    where fold_role <> 'live' and not is_season_ahead

),

settings as (

    select * from {{ ref('int_forecast_settings') }}

),

terms as (

    select * from {{ ref('int_replenishment_terms') }}

),

order_quantities as (

    select * from {{ ref('int_economic_order_quantities') }}

),

lead_times as (

    select * from {{ ref('int_lead_times') }}

),

demand as (

    select * from {{ ref('int_demand_by_period') }}

),

balances as (

    select * from {{ ref('int_stock_balances') }}

),

sampled as (

    -- The cost of a policy is a mean over pairs: a fair sample of them tells it.
    select
        location_id,
        product_id
    from (
        select
            location_id,
            product_id,
            row_number() over (
                order by
                    md5(location_id || '|' || product_id), location_id, product_id
            ) as pair_rank
        from terms
    ) as ranked
    where pair_rank <= {{ var('policy_replay_max_series') }}

),

dispersions as (

    select * from {{ ref('int_demand_dispersions') }}

),

past_demand as (

    select
        demand.location_id,
        demand.product_id,
        folds.cutoff_index,
        {{ exact_mean('demand.unconstrained_units') }} as demand_mean_units
    from demand
    cross join settings
    inner join sampled
        on
            demand.location_id = sampled.location_id
            and demand.product_id = sampled.product_id
    inner join folds
        on
            demand.period_index
            between folds.cutoff_index + 1 - floor(
                {{ var('annual_demand_window_days') }} / settings.period_days
            )
            and folds.cutoff_index
    group by demand.location_id, demand.product_id, folds.cutoff_index

),

joined as (

    select
        past_demand.location_id,
        past_demand.product_id,
        past_demand.cutoff_index,
        folds.cutoff_date,
        terms.segment,
        terms.target,
        terms.service_level,
        terms.holding_cost_per_unit_period,
        terms.shortage_cost_per_unit,
        terms.lead_time_mean_periods,
        terms.lead_time_sd_periods,
        terms.review_periods,
        order_quantities.order_cost,
        order_quantities.unit_cost,
        order_quantities.unit_price,
        order_quantities.pack_size_units,
        order_quantities.min_order_units,
        order_quantities.holding_cost_per_unit_year,
        order_quantities.shelf_life_days,
        case lead_times.lead_time_rung
            when 'vendor_product'
                then
                    'vendor_product ' || lead_times.vendor_id
                    || '|' || past_demand.product_id
            when 'vendor' then 'vendor ' || lead_times.vendor_id
        end as lead_time_source,
        past_demand.demand_mean_units,
        dispersions.demand_dispersion,
        past_demand.demand_mean_units * 365.0 / settings.period_days
            as annual_demand_units,
        balances.closing_units
    from past_demand
    cross join settings
    inner join folds
        on past_demand.cutoff_index = folds.cutoff_index
    inner join terms
        on
            past_demand.location_id = terms.location_id
            and past_demand.product_id = terms.product_id
    inner join order_quantities
        on
            past_demand.location_id = order_quantities.location_id
            and past_demand.product_id = order_quantities.product_id
    inner join lead_times
        on
            past_demand.location_id = lead_times.location_id
            and past_demand.product_id = lead_times.product_id
    left join dispersions
        on
            past_demand.location_id = dispersions.location_id
            and past_demand.product_id = dispersions.product_id
            and past_demand.cutoff_index = dispersions.cutoff_index
    left join balances
        on
            past_demand.location_id = balances.location_id
            and past_demand.product_id = balances.product_id
            and folds.cutoff_date between balances.valid_from_date
            and balances.valid_to_date

),

limited as (

    select
        *,
        annual_demand_units * coalesce(shelf_life_days, 365) / 365.0
            as max_lot_units
    from joined

),

stated as (

    -- Stock never counted by then starts at what sells over lead time and review.
    select
        location_id,
        product_id,
        cast(cutoff_index as integer) as cutoff_index,
        cutoff_date,
        segment,
        target,
        service_level,
        holding_cost_per_unit_period,
        shortage_cost_per_unit,
        order_cost,
        unit_cost,
        unit_price,
        shelf_life_days,
        pack_size_units,
        min_order_units,
        lead_time_mean_periods,
        lead_time_sd_periods,
        lead_time_source,
        review_periods,
        demand_dispersion,
        cast(demand_mean_units as double) as demand_mean_units,
        cast({{ economic_lot_units(
            'annual_demand_units', 'order_cost', 'holding_cost_per_unit_year',
            'max_lot_units'
        ) }} as double) as eoq_units,
        cast(max_lot_units as double) as max_lot_units,
        cast(coalesce(
            {{ at_least_zero('closing_units') }},
            ceil(demand_mean_units * (lead_time_mean_periods + review_periods))
        ) as double) as on_hand_units,
        closing_units is not null as is_stock_known
    from limited

)

select * from stated
