{#-
    How well the attributes of a pair foretell its level, where both are known. Each pair
    is foretold from the others alone, as a new one will be: by category, location and
    price, and where the product is sold elsewhere by that too.
-#}
{%- set prior = var('new_product_prior_pairs') -%}

with

panel as (

    select
        location_id,
        product_id,
        period_index,
        scale_units
    from {{ ref('int_forecast_panel') }}

),

folds as (

    select cutoff_index
    from {{ ref('int_forecast_origin') }}

),

positions as (

    select
        location_id,
        product_id,
        is_discontinued
    from {{ ref('int_stock_positions') }}

),

products as (

    select * from {{ ref('input_products') }}

),

pairs as (

    -- Established pairs have a level; those without one are to be foretold.
    select
        positions.location_id,
        positions.product_id,
        coalesce(products.category, 'unknown') as category,
        ln(panel.scale_units) as log_level,
        panel.scale_units as level_units,
        coalesce(ln(case
            when coalesce(products.unit_price, products.unit_cost) > 0
                then coalesce(products.unit_price, products.unit_cost)
        end), 0) as log_price
    from positions
    cross join folds
    inner join products
        on positions.product_id = products.product_id
    left join panel
        on
            positions.location_id = panel.location_id
            and positions.product_id = panel.product_id
            and folds.cutoff_index = panel.period_index
            and panel.scale_units > 0
    where not positions.is_discontinued

),

priced as (

    -- Within a category a dear product sells less often; the slope is one for all.
    select
        *,
        log_level - {{ exact_mean(
            'log_level',
            over='(partition by category)'
        ) }} as level_in_category,
        case
            when log_level is not null
                then log_price - {{ exact_mean(
                    'case when log_level is not null then log_price end',
                    over='(partition by category)'
                ) }}
        end as price_in_category
    from pairs

),

slopes as (

    select
        greatest(least(coalesce(
            {{ exact_sum('level_in_category * price_in_category') }}
            / nullif(
                {{ exact_sum('price_in_category * price_in_category') }}
                + {{ prior }} * {{ exact_variance('price_in_category') }}
                * (count(price_in_category) - 1e0) / count(price_in_category),
                0
            ),
            0
        ), 1), -2) as price_slope
    from priced

),

unpriced as (

    select
        priced.*,
        slopes.price_slope,
        priced.log_level - slopes.price_slope * priced.log_price as rest,
        {{ exact_mean(
            'priced.log_level - slopes.price_slope * priced.log_price',
            over='()'
        ) }}
            as overall
    from priced
    cross join slopes

),

of_category as (

    -- Drawn towards the mean of all; a pair's own level is left out.
    select
        *,
        (
            coalesce({{ exact_sum('rest', over='(partition by category)') }}, 0)
            - coalesce(rest, 0)
            + {{ prior }} * overall
        ) / (
            count(rest) over (partition by category)
            - case when rest is null then 0 else 1 end
            + {{ prior }}
        ) as category_effect
    from unpriced

),

of_location as (

    select
        *,
        (
            coalesce({{ exact_sum(
                'rest - category_effect',
                over='(partition by location_id)'
            ) }}, 0)
            - coalesce(rest - category_effect, 0)
        ) / (
            count(rest) over (partition by location_id)
            - case when rest is null then 0 else 1 end
            + {{ prior }}
        ) as location_effect
    from of_category

),

of_product as (

    select
        *,
        count(rest) over (partition by product_id)
        - case when rest is null then 0 else 1 end as sibling_count,
        coalesce({{ exact_sum(
            'rest - category_effect - location_effect',
            over='(partition by product_id)'
        ) }}, 0) - coalesce(rest - category_effect - location_effect, 0)
            as sibling_sum
    from of_location

),

foretold as (

    select
        location_id,
        product_id,
        level_units,
        sibling_count,
        'category' as foretold_by,
        exp(category_effect + location_effect + price_slope * log_price)
            as raw_level_units
    from of_product

    union all

    select
        location_id,
        product_id,
        level_units,
        sibling_count,
        'product elsewhere' as foretold_by,
        exp(
            category_effect
            + location_effect
            + price_slope * log_price
            + sibling_sum / (sibling_count + 1)
        ) as raw_level_units
    from of_product
    where sibling_count > 0

),

levelled as (

    -- A mean of logarithms lies below the mean: the totals are made to agree.
    select
        location_id,
        product_id,
        foretold_by,
        level_units,
        sibling_count,
        raw_level_units * {{ exact_sum('level_units', over='()') }}
        / {{ exact_sum(
            'case when level_units is not null then raw_level_units end',
            over='()'
        ) }}
            as foretold_units
    from foretold

)

select * from levelled
