with

as_of as (

    select as_of_date from {{ ref('input_as_of') }}

),

demand as (

    select
        location_id,
        product_id,
        period_index,
        period_date,
        period_end_date,
        unconstrained_units as demand_units
    from {{ ref('int_demand_by_period') }}
    where not is_empty and unconstrained_units is not null

),

promotions as (

    select * from {{ ref('input_promotions') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by location_id, product_id
            order by demand_units desc, period_index desc
        ) as size_rank,
        lead(demand_units) over (
            partition by location_id, product_id
            order by demand_units desc, period_index desc
        ) as next_largest_units,
        count(*) over pair_window as period_count,
        {{ exact_sum('demand_units', over='pair_window') }} as total_units,
        count(case when demand_units > 0 then 1 end) over pair_window as sale_count
    from demand
    window
        pair_window as (partition by location_id, product_id)

),

compared as (

    -- What an item usually sells is told by the others of its periods.
    select
        *,
        (total_units - demand_units) / (period_count - 1) as usual_mean_units,
        (total_units - demand_units) / (sale_count - 1) as usual_size_units
    from ranked
    where size_rank = 1 and sale_count >= 4

),

named as (

    -- A peak that comes again, or that was promoted, is no one-off.
    select
        compared.location_id,
        compared.product_id,
        compared.period_index,
        compared.period_date,
        cast(compared.demand_units as double) as demand_units,
        cast(compared.usual_size_units as double) as usual_size_units,
        cast(compared.usual_mean_units as double) as usual_mean_units,
        cast(
            compared.total_units / compared.period_count as double
        ) as mean_units
    from compared
    cross join as_of
    left join promotions
        on
            compared.product_id = promotions.product_id
            and compared.location_id
            = coalesce(promotions.location_id, compared.location_id)
            and compared.period_end_date >= promotions.start_date
            and compared.period_date <= promotions.end_date
    where
        promotions.product_id is null
        and compared.demand_units
        >= {{ var('one_off_size_ratio') }} * compared.usual_size_units
        and compared.demand_units
        >= {{ var('one_off_next_ratio') }} * compared.next_largest_units
        and {{ dbt.datediff(
            'compared.period_end_date', 'as_of.as_of_date', 'day'
        ) }} < {{ var('annual_demand_window_days') }}

)

select * from named
