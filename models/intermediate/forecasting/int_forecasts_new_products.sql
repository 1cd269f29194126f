{#-
    What was never sold for a whole period has no series to forecast from. Its level is
    foretold from its attributes, and its spread is how far such words were off where
    the level is known: wider than the forecast of anything with a history.
-#}

with

reference_levels as (

    select * from {{ ref('int_new_product_references') }}

),

panel as (

    select
        location_id,
        product_id,
        period_index,
        demand_units
    from {{ ref('int_forecast_panel') }}

),

folds as (

    select
        cutoff_index,
        cutoff_date
    from {{ ref('int_forecast_origin') }}

),

settings as (

    select * from {{ ref('int_forecast_settings') }}

),

calendar as (

    select
        period_index,
        period_date
    from {{ ref('int_forecast_calendar') }}

),

location_products as (

    select
        location_id,
        product_id,
        first_life_date
    from {{ ref('int_location_products') }}

),

positions as (

    select
        location_id,
        product_id,
        on_order_units
    from {{ ref('int_stock_positions') }}

),

segments as (

    select
        location_id,
        product_id,
        segment
    from {{ ref('int_forecast_segments') }}

),

products as (

    select
        product_id,
        coalesce(category, 'unknown') as category
    from {{ ref('input_products') }}

),

ratios as (

    -- Demand of single periods over the level foretold: the error of the level and
    -- the noise of the period together.
    select
        reference_levels.foretold_by,
        products.category,
        panel.demand_units / reference_levels.foretold_units as demand_ratio
    from reference_levels
    cross join folds
    cross join settings
    inner join products
        on reference_levels.product_id = products.product_id
    inner join panel
        on
            reference_levels.location_id = panel.location_id
            and reference_levels.product_id = panel.product_id
            and panel.period_index
            between folds.cutoff_index - settings.average_window_periods + 1
            and folds.cutoff_index
    where
        panel.demand_units is not null
        and reference_levels.level_units is not null

),

levels as (

    select
        reference_levels.foretold_by,
        products.category,
        reference_levels.level_units / reference_levels.foretold_units as level_ratio
    from reference_levels
    inner join products
        on reference_levels.product_id = products.product_id
    where reference_levels.level_units is not null

),

pooled_ratios as (

    -- By way to foretell and category, by way, and over all: the first with
    -- references enough serves.
    select * from ratios

    union all

    select
        foretold_by,
        'all' as category,
        demand_ratio
    from ratios

    union all

    select
        'all' as foretold_by,
        'all' as category,
        demand_ratio
    from ratios

),

pooled_levels as (

    select * from levels

    union all

    select
        foretold_by,
        'all' as category,
        level_ratio
    from levels

    union all

    select
        'all' as foretold_by,
        'all' as category,
        level_ratio
    from levels

),

period_spreads as (

    select
        {%- for name, level in forecast_quantile_levels() %}
        percentile_cont({{ level }}) within group (order by demand_ratio)
            as {{ name }}_ratio,
        {%- endfor %}
        foretold_by,
        category
    from pooled_ratios
    group by foretold_by, category

),

level_spreads as (

    select
        foretold_by,
        category,
        count(*) as reference_count,
        {{ exact_deviation('level_ratio') }} as level_variation
    from pooled_levels
    group by foretold_by, category

),

started as (

    select distinct
        location_id,
        product_id
    from panel

),

new_pairs as (

    -- Received, sold or on order, and without a whole period of history.
    select
        reference_levels.location_id,
        reference_levels.product_id,
        reference_levels.foretold_by,
        reference_levels.foretold_units,
        products.category
    from reference_levels
    inner join products
        on reference_levels.product_id = products.product_id
    inner join location_products
        on
            reference_levels.location_id = location_products.location_id
            and reference_levels.product_id = location_products.product_id
    inner join positions
        on
            reference_levels.location_id = positions.location_id
            and reference_levels.product_id = positions.product_id
    left join started
        on
            reference_levels.location_id = started.location_id
            and reference_levels.product_id = started.product_id
    where
        started.product_id is null
        and (
            location_products.first_life_date is not null
            or positions.on_order_units > 0
        )
        and (
            reference_levels.foretold_by = 'product elsewhere'
            or reference_levels.sibling_count = 0
        )

),

pooled as (

    select
        new_pairs.location_id,
        new_pairs.product_id,
        new_pairs.foretold_by,
        new_pairs.foretold_units,
        level_spreads.foretold_by as spread_foretold_by,
        level_spreads.category as spread_category,
        level_spreads.reference_count,
        level_spreads.level_variation
    from new_pairs
    inner join level_spreads
        on
            level_spreads.foretold_by in (new_pairs.foretold_by, 'all')
            and level_spreads.category in (new_pairs.category, 'all')
    where
        level_spreads.reference_count >= {{ var('new_product_min_references') }}
        or level_spreads.foretold_by = 'all'
    qualify row_number() over (
        partition by new_pairs.location_id, new_pairs.product_id
        order by
            case when level_spreads.foretold_by = 'all' then 1 else 0 end,
            case when level_spreads.category = 'all' then 1 else 0 end
    ) = 1

),

forecasts as (

    select
        pooled.location_id,
        pooled.product_id,
        cast('new_product' as varchar) as forecast_model,
        segments.segment,
        folds.cutoff_date,
        calendar.period_date as forecast_date,
        cast(calendar.period_index - folds.cutoff_index as integer) as horizon,
        cast(pooled.foretold_units as double) as forecast_units,
        {%- for name, level in forecast_quantile_levels() %}
        cast(pooled.foretold_units * period_spreads.{{ name }}_ratio as double)
            as {{ name }},
        {%- endfor %}
        pooled.foretold_by,
        cast(least(greatest(
            coalesce(
                pooled.level_variation,
                {{ var('new_product_default_variation') }}
            ),
            {{ var('new_product_min_variation') }}
        ), 3) as double) as level_variation,
        cast(pooled.reference_count as integer) as reference_count
    from pooled
    cross join folds
    cross join settings
    inner join calendar
        on
            calendar.period_index
            between folds.cutoff_index + 1
            and folds.cutoff_index + settings.horizon_periods
    inner join segments
        on
            pooled.location_id = segments.location_id
            and pooled.product_id = segments.product_id
    left join period_spreads
        on
            pooled.spread_foretold_by = period_spreads.foretold_by
            and pooled.spread_category = period_spreads.category

)

select * from forecasts
