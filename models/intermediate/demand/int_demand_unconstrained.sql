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
        observed.sold_units as units_0,
        {{ dbt.datediff(
            "cast('1990-01-01' as date)", 'observed.bucket_date', 'day'
        ) }} as day_number
    from observed
    left join weekday_index
        on
            observed.category = weekday_index.category
            and observed.bucket_date = weekday_index.bucket_date
    left join outages
        on
            -- The flag inside a key: beside the keys it turns a hash join into one of
            -- every row with every outage.
            case when observed.is_empty then observed.location_id end
            = outages.location_id
            and observed.product_id = outages.product_id
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
        {%- if step == 1 %}
        {{ exact_sum(
            'weekday_index',
            filter='not is_empty',
            over='trailing_window'
        ) }} as trailing_weekday_index,
        {{ exact_sum(
            'weekday_index',
            filter='not is_empty',
            over='known_window'
        ) }} as known_weekday_index,
        count(*) filter (where not is_empty) over (
            partition by location_id, product_id
            order by day_number
            rows between unbounded preceding and current row
        ) as outage_number,
        {%- endif %}
        {{ exact_sum(
            'units_' ~ (step - 1),
            filter='not is_empty',
            over='trailing_window'
        ) }} as trailing_units_{{ step }}
    from {{ 'indexed' if step == 1 else 'estimated_' ~ (step - 1) }}
    window
        {%- if step == 1 %}
        known_window as (
            partition by location_id, product_id
            order by day_number
            range between {{ window_days - 1 }} preceding and current row
        ),
        {%- endif %}
        trailing_window as (
            partition by location_id, product_id
            order by day_number
            range between {{ window_days }} preceding and 1 preceding
        )

),

expected_{{ step }} as (

    select
        *,
        trailing_units_{{ step }} / nullif(trailing_weekday_index, 0) * weekday_index
            as expected_{{ step }}
    from rated_{{ step }}

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
    from expected_{{ step }}

),
{%- endfor %}

known as (

    select
        *,
        {{ exact_sum(
            'units_2', filter='not is_empty', over='known_window'
        ) }} as known_units
    from estimated_2
    window
        known_window as (
            partition by location_id, product_id
            order by day_number
            range between {{ window_days - 1 }} preceding and current row
        )

),

left_behind as (

    -- The rate that an outage inherits. The sale that empties a shelf chooses the day
    -- on which the count stops: units over days would be too much by that sale. One
    -- sale alone leaves a tenth of it (decision 0026).
    select
        *,
        case
            when is_sold_out then greatest(known_units - 1, 0.1)
            else {{ at_least_zero('known_units') }}
        end / nullif(known_weekday_index, 0) as rate_units
    from known

),

lasting as (

    -- That of the last bucket that was not empty.
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
