{#- Four weeks on record at least; a quarter of the usual rate parts the season. -#}
{%- set year_days = 364 -%}

with

as_of as (

    select as_of_date from {{ ref('input_as_of') }}

),

observed as (

    select * from {{ ref('int_demand_observed') }}

),

sold as (

    -- The season of a product is that of all its locations.
    select
        product_id,
        sale_date,
        {{ exact_sum('net_units') }} as units
    from {{ ref('int_sales_netted') }}
    group by product_id, sale_date

),

usual as (

    select
        product_id,
        min(sale_date) as first_sale_date,
        {{ exact_sum('units') }} / (
            {{ dbt.datediff(
                'min(sale_date)', 'max(sale_date)', 'day'
            ) }} + 1
        ) as usual_daily_units
    from sold
    group by product_id

),

numbered as (

    select
        *,
        count(*) filter (where not is_empty) over (
            partition by location_id, product_id
            order by bucket_date
            rows between unbounded preceding and current row
        ) as outage_number
    from observed

),

outages as (

    select
        location_id,
        product_id,
        outage_number,
        min(bucket_date) as outage_from_date,
        cast({{ dbt.dateadd(
            'day', 'max(bucket_days) - 1', 'max(bucket_date)'
        ) }} as date) as outage_to_date,
        sum(bucket_days) as outage_days
    from numbered
    where is_empty and not is_ended
    group by location_id, product_id, outage_number

),

long_outages as (

    select * from outages
    where outage_days > {{ var('outage_max_days') }}

),

other_years as (

    -- The same weeks of the year before and of the year after, as far as on record.
    select
        long_outages.*,
        usual.usual_daily_units,
        cast(greatest(
            {{ dbt.dateadd('day', -year_days, 'long_outages.outage_from_date') }},
            usual.first_sale_date
        ) as date) as from_date,
        cast(least(
            {{ dbt.dateadd('day', -year_days, 'long_outages.outage_to_date') }},
            {{ dbt.dateadd('day', -1, 'long_outages.outage_from_date') }}
        ) as date) as to_date
    from long_outages
    inner join usual
        on long_outages.product_id = usual.product_id

    union all

    select
        long_outages.*,
        usual.usual_daily_units,
        cast(greatest(
            {{ dbt.dateadd('day', year_days, 'long_outages.outage_from_date') }},
            {{ dbt.dateadd('day', 1, 'long_outages.outage_to_date') }}
        ) as date) as from_date,
        cast(least(
            {{ dbt.dateadd('day', year_days, 'long_outages.outage_to_date') }},
            as_of.as_of_date
        ) as date) as to_date
    from long_outages
    cross join as_of
    inner join usual
        on long_outages.product_id = usual.product_id

),

sold_then as (

    select
        other_years.location_id,
        other_years.product_id,
        other_years.outage_number,
        other_years.usual_daily_units,
        {{ dbt.datediff(
            'other_years.from_date', 'other_years.to_date', 'day'
        ) }} + 1 as days_on_record,
        coalesce({{ exact_sum('sold.units') }}, 0) as units
    from other_years
    left join sold
        on
            other_years.product_id = sold.product_id
            and sold.sale_date between other_years.from_date and other_years.to_date
    where other_years.from_date <= other_years.to_date
    group by
        other_years.location_id,
        other_years.product_id,
        other_years.outage_number,
        other_years.usual_daily_units,
        other_years.from_date,
        other_years.to_date

),

seasons as (

    select
        location_id,
        product_id,
        outage_number,
        sum(days_on_record) >= 28
        and {{ exact_sum('units') }}
        < 0.25 * max(usual_daily_units) * sum(days_on_record)
            as is_off_season
    from sold_then
    group by location_id, product_id, outage_number

),

judged as (

    select
        outages.location_id,
        outages.product_id,
        outages.outage_from_date,
        outages.outage_to_date,
        cast(outages.outage_days as integer) as outage_days,
        outages.outage_days > {{ var('outage_max_days') }} as is_long,
        coalesce(seasons.is_off_season, false) as is_off_season
    from outages
    left join seasons
        on
            outages.location_id = seasons.location_id
            and outages.product_id = seasons.product_id
            and outages.outage_number = seasons.outage_number

)

select * from judged
