with

as_of as (

    select * from {{ ref('input_as_of') }}

),

demand as (

    select * from {{ ref('int_demand_by_period') }}

),

products as (

    select
        product_id,
        coalesce(category, 'none') as category
    from {{ ref('input_products') }}

),

location_products as (

    select
        location_id,
        product_id
    from {{ ref('int_location_products') }}

),

recent as (

    select
        demand.location_id,
        demand.product_id,
        demand.period_index,
        products.category,
        demand.unconstrained_units as demand_units
    from demand
    inner join products
        on demand.product_id = products.product_id
    cross join as_of
    where
        not demand.is_empty
        and demand.unconstrained_units is not null
        and {{ dbt.datediff('demand.period_end_date', 'as_of.as_of_date', 'day') }}
        < {{ var('annual_demand_window_days') }}

),

category_level as (

    select
        category,
        period_index,
        {{ exact_sum('demand_units') }} as category_units,
        count(*) as series_count
    from recent
    group by category, period_index

),

category_mean as (

    select
        category,
        {{ exact_sum('category_units') }} / sum(series_count) as mean_units
    from category_level
    group by category

),

deseasonalised as (

    -- What the rest of the category did in the period is season, not risk. A
    -- category of a few series is too small to tell.
    select
        recent.location_id,
        recent.product_id,
        recent.demand_units,
        recent.demand_units / case
            when
                category_level.series_count >= 6
                and category_level.category_units - recent.demand_units > 0
                and category_mean.mean_units > 0
                then
                    (category_level.category_units - recent.demand_units)
                    / (category_level.series_count - 1)
                    / category_mean.mean_units
            else 1
        end as deseasonalised_units
    from recent
    inner join category_level
        on
            recent.category = category_level.category
            and recent.period_index = category_level.period_index
    inner join category_mean
        on recent.category = category_mean.category

),

profiled as (

    select
        location_id,
        product_id,
        count(*) as period_count,
        {{ exact_mean('demand_units') }} as demand_mean_units,
        {{ exact_deviation('demand_units') }} as demand_sd_units,
        {{ average_demand_interval('demand_units') }} as demand_interval_periods,
        {{ demand_size_cv_squared('demand_units') }} as demand_variation_squared,
        {{ exact_deviation('deseasonalised_units') }}
        / nullif({{ exact_mean('deseasonalised_units') }}, 0) as variation_ratio
    from deseasonalised
    group by location_id, product_id

),

classed as (

    select
        location_products.location_id,
        location_products.product_id,
        cast(coalesce(profiled.period_count, 0) as integer) as demand_periods,
        cast(profiled.demand_mean_units as double) as demand_mean_units,
        cast(profiled.demand_sd_units as double) as demand_sd_units,
        cast(profiled.demand_interval_periods as double)
            as demand_interval_periods,
        cast(profiled.demand_variation_squared as double)
            as demand_variation_squared,
        cast(profiled.variation_ratio as double) as variation_ratio,
        coalesce({{ demand_class(
            'profiled.demand_interval_periods',
            'profiled.demand_variation_squared',
            var('demand_class_interval'),
            var('demand_class_variation_squared')
        ) }}, 'no demand') as demand_class,
        case
            when profiled.variation_ratio is null then 'Z'
            else {{ xyz_class(
                'profiled.variation_ratio',
                var('xyz_x_variation'),
                var('xyz_y_variation')
            ) }}
        end as xyz_class
    from location_products
    left join profiled
        on
            location_products.location_id = profiled.location_id
            and location_products.product_id = profiled.product_id

)

select * from classed
