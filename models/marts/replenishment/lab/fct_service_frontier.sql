with

measured as (

    select * from {{ ref('int_service_levels_simulated') }}

),

order_quantities as (

    select * from {{ ref('int_economic_order_quantities') }}

),

segments as (

    select
        location_id,
        product_id,
        segment
    from {{ ref('int_forecast_segments') }}

),

positions as (

    select
        location_id,
        product_id,
        is_discontinued
    from {{ ref('int_stock_positions') }}

),

as_of as (

    select period_days from {{ ref('input_as_of') }}

),

costed as (

    -- What cannot be costed at one level cannot be compared between two.
    select
        segments.segment,
        measured.service_level,
        measured.is_current,
        measured.fill_rate,
        measured.n_errors,
        measured.demand_per_period_units * 365.0 / as_of.period_days
            as annual_demand_units,
        measured.average_stock_units * order_quantities.unit_cost as investment_value,
        measured.average_stock_units * order_quantities.holding_cost_per_unit_year
            as annual_holding_cost,
        (1 - coalesce(measured.fill_rate, 1))
        * measured.demand_per_period_units * 365.0 / as_of.period_days
            as annual_short_units,
        (1 - coalesce(measured.fill_rate, 1))
        * measured.demand_per_period_units * 365.0 / as_of.period_days
        * order_quantities.shortage_cost_per_unit as annual_shortage_cost,
        -- No order is smaller than a pack and the minimum, however little sells.
        coalesce(
            coalesce(order_quantities.order_cost, 0)
            * measured.demand_per_period_units * 365.0 / as_of.period_days
            / nullif(greatest(
                measured.cycle_demand_units,
                order_quantities.pack_size_units,
                order_quantities.min_order_units
            ), 0),
            0
        ) as annual_ordering_cost
    from measured
    cross join as_of
    inner join order_quantities
        on
            measured.location_id = order_quantities.location_id
            and measured.product_id = order_quantities.product_id
    inner join segments
        on
            measured.location_id = segments.location_id
            and measured.product_id = segments.product_id
    inner join positions
        on
            measured.location_id = positions.location_id
            and measured.product_id = positions.product_id
    where
        not positions.is_discontinued
        and order_quantities.unit_cost is not null
        and order_quantities.holding_cost_per_unit_year is not null
        and order_quantities.shortage_cost_per_unit is not null

),

segmented as (

    select * from costed

    union all

    select
        'all' as segment,
        service_level,
        is_current,
        fill_rate,
        n_errors,
        annual_demand_units,
        investment_value,
        annual_holding_cost,
        annual_short_units,
        annual_shortage_cost,
        annual_ordering_cost
    from costed

),

asked as (

    -- Where policies of a segment differ, its current level is their mean by demand.
    select
        segment,
        case
            when min(service_level) = max(service_level) then min(service_level)
            else round(
                coalesce(
                    {{ exact_sum('service_level * annual_demand_units') }}
                    / nullif({{ exact_sum('annual_demand_units') }}, 0),
                    {{ exact_mean('service_level') }}
                ), 4
            )
        end as service_level,
        min(service_level) < max(service_level) as is_mixed
    from segmented
    where is_current
    group by segment

),

pointed as (

    select
        segmented.*,
        case
            when segmented.is_current then asked.service_level
            else segmented.service_level
        end as point_level,
        segmented.is_current and asked.is_mixed as is_mixed
    from segmented
    inner join asked
        on segmented.segment = asked.segment
    where
        segmented.is_current
        or segmented.service_level <> asked.service_level

),

summed as (

    select
        segment,
        point_level as service_level,
        is_current,
        is_mixed,
        count(*) as pair_count,
        min(n_errors / (n_errors + 1.0)) as max_service_supported,
        {{ exact_sum('investment_value') }} as investment_value,
        {{ exact_sum('annual_demand_units') }} as annual_demand_units,
        {{ exact_sum('annual_short_units') }} as annual_short_units,
        1 - {{ exact_sum('annual_short_units') }}
        / nullif({{ exact_sum('annual_demand_units') }}, 0)
            as fill_rate,
        {{ exact_sum('annual_holding_cost') }} as annual_holding_cost,
        {{ exact_sum('annual_shortage_cost') }} as annual_shortage_cost,
        {{ exact_sum('annual_ordering_cost') }} as annual_ordering_cost,
        {{ exact_sum('
            annual_holding_cost + annual_shortage_cost + annual_ordering_cost
        ') }} as annual_total_cost
    from pointed
    group by segment, point_level, is_current, is_mixed

),

compared as (

    -- Of levels that cost the same the lowest ties up the least.
    select
        segment,
        cast(service_level as double) as service_level,
        is_current,
        row_number() over (
            partition by segment
            order by annual_total_cost asc, service_level asc
        ) = 1 as is_best,
        cast(pair_count as integer) as pair_count,
        cast(max_service_supported as double) as max_service_supported,
        cast(investment_value as double) as investment_value,
        cast(annual_demand_units as double) as annual_demand_units,
        cast(annual_short_units as double) as annual_short_units,
        cast(fill_rate as double) as fill_rate,
        cast(annual_holding_cost as double) as annual_holding_cost,
        cast(annual_shortage_cost as double) as annual_shortage_cost,
        cast(annual_ordering_cost as double) as annual_ordering_cost,
        cast(annual_total_cost as double) as annual_total_cost,
        cast(investment_value - lag(investment_value) over (
            partition by segment, is_mixed
            order by service_level
        ) as double) as investment_change,
        cast(annual_total_cost - lag(annual_total_cost) over (
            partition by segment, is_mixed
            order by service_level
        ) as double) as annual_cost_change
    from summed

)

select * from compared
