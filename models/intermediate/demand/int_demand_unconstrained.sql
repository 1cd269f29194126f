{%- set window_days = var('demand_rate_window_days') -%}

with

products as (

    select
        product_id,
        coalesce(category, 'none') as category
    from {{ ref('input_products') }}

),

observed as (

    select
        buckets.*,
        products.category
    from {{ ref('int_demand_observed') }} as buckets
    inner join products
        on buckets.product_id = products.product_id

),

weekday_index as (

    select * from {{ ref('int_demand_weekday_index') }}

),

outages as (

    select * from {{ ref('int_outages') }}

),

indexed as (

    select
        observed.*,
        coalesce(outages.is_long, false) as is_long_outage,
        coalesce(outages.is_off_season, false) as is_off_season,
        coalesce(weekday_index.weekday_index, 1) as weekday_index,
        observed.sold_units as units_0
    from observed
    left join weekday_index
        on
            observed.category = weekday_index.category
            and observed.bucket_date = weekday_index.bucket_date
    left join outages
        on
            observed.location_id = outages.location_id
            and observed.product_id = outages.product_id
            and observed.is_empty
            and observed.bucket_date between outages.outage_from_date
            and outages.outage_to_date

),

{#-
    Days in stock include those that sold out, at the demand that is estimated for
    them: without them the rate is that of the weak days. The first rate takes their
    sales as they are, the second their estimate.
-#}
{%- for step in (1, 2) %}

rated_{{ step }} as (

    -- Of the days before this one only.
    select
        *,
        {{ exact_sum(
            'units_' ~ (step - 1),
            filter='not is_empty',
            over='trailing_window'
        ) }} / nullif(
            {{ exact_sum(
                'weekday_index',
                filter='not is_empty',
                over='trailing_window'
            ) }}, 0
        )
        * weekday_index as expected_{{ step }}
    from {{ 'indexed' if step == 1 else 'estimated_' ~ (step - 1) }}
    window
        trailing_window as (
            partition by location_id, product_id
            order by bucket_date
            range between interval '{{ window_days }}' day preceding
            and interval '1' day preceding
        )

),

estimated_{{ step }} as (

    select
        *,
        case
            when is_sold_out
                then coalesce(
                    {{ censored_demand_units(
                        'expected_' ~ step, 'sold_units'
                    ) }},
                    sold_units
                )
            else sold_units
        end as units_{{ step }}
    from rated_{{ step }}

),
{%- endfor %}

left_behind as (

    -- The rate that an outage inherits. The sale that empties a shelf chooses the day
    -- on which the count stops: units over days would be too much by that sale. One
    -- sale alone leaves a tenth of it (decision 0026).
    select
        *,
        case
            when is_sold_out
                then greatest(
                    {{ exact_sum(
                        'units_2',
                        filter='not is_empty',
                        over='known_window'
                    ) }} - 1,
                    0.1
                )
            else {{ at_least_zero(
                exact_sum('units_2', filter='not is_empty', over='known_window')
            ) }}
        end / nullif(
            {{ exact_sum(
                'weekday_index',
                filter='not is_empty',
                over='known_window'
            ) }}, 0
        ) as rate_units,
        count(*) filter (where not is_empty) over (
            partition by location_id, product_id
            order by bucket_date
            rows between unbounded preceding and current row
        ) as outage_number
    from estimated_2
    window
        known_window as (
            partition by location_id, product_id
            order by bucket_date
            range between interval '{{ window_days - 1 }}' day preceding
            and current row
        )

),

lasting as (

    select
        *,
        max(case when not is_empty then rate_units end) over (
            partition by location_id, product_id, outage_number
        ) as outage_rate_units
    from left_behind

),

filled as (

    -- What nobody could have sold for weeks on end has no estimate, unless these are
    -- weeks in which it does not sell; nor has what ended. A shelf whose state is
    -- unknown sold what it sold.
    select
        location_id,
        product_id,
        bucket_date,
        period_index,
        bucket_days,
        sold_units,
        is_empty,
        is_sold_out,
        is_shelf_unknown,
        is_ended,
        is_off_season,
        cast(case
            when is_empty and is_ended then null
            when is_off_season then 0
            when is_long_outage then null
            when is_empty then outage_rate_units * weekday_index
            else units_2
        end as double) as unconstrained_units
    from lasting

),

stated as (

    select
        *,
        unconstrained_units is null and not is_ended as is_estimate_missing
    from filled

)

select * from stated
