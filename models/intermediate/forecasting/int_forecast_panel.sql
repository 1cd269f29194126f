{%- set year_periods = 52 if setting('planning_period') == 'week' else 364 -%}
{%- set short, middle, long = (
    (4, 13, 26) if setting('planning_period') == 'week' else (7, 28, 91)
) -%}

with

demand as (

    select * from {{ ref('int_demand_by_period') }}

),

calendar as (

    select
        period_index,
        period_date,
        is_complete_period
    from {{ ref('int_forecast_calendar') }}

),

horizon as (

    select * from {{ ref('int_forecast_settings') }}

),

products as (

    select * from {{ ref('input_products') }}

),

promotions as (

    select * from {{ ref('input_promotions') }}

),

last_index as (

    select max(period_index) as last_index from demand

),

series as (

    select
        location_id,
        product_id,
        min(period_index) as first_index
    from demand
    group by location_id, product_id

),

sized as (

    -- Python reads a large panel in parts of whole series; a hash makes each part
    -- a fair sample. Models learn from the first: there the series lie that are judged.
    select
        series.location_id,
        series.product_id,
        series.first_index,
        judged.product_id is not null as is_judged,
        row_number() over (
            order by
                case when judged.product_id is null then 1 else 0 end,
                md5(series.location_id || '|' || series.product_id),
                series.location_id,
                series.product_id
        ) - 1 as series_rank,
        count(*) over () as series_count,
        ceil(sum(
            last_index.last_index + horizon.horizon_periods - series.first_index + 1
        ) over () / {{ var('panel_partition_rows') }}) as partition_count
    from series
    cross join last_index
    cross join horizon
    left join {{ ref('int_judged_series') }} as judged
        on
            series.location_id = judged.location_id
            and series.product_id = judged.product_id

),

spine as (

    -- History and, with unknown demand, the periods to forecast.
    select
        sized.location_id,
        sized.product_id,
        sized.first_index,
        sized.is_judged,
        floor(sized.series_rank * sized.partition_count / sized.series_count)
            as partition_number,
        calendar.period_index,
        calendar.period_date
    from sized
    cross join last_index
    cross join horizon
    inner join calendar
        on
            sized.first_index <= calendar.period_index
            and last_index.last_index + horizon.horizon_periods
            >= calendar.period_index

),

promoted as (

    select
        promotions.product_id,
        promotions.location_id,
        dates.period_index,
        count(distinct dates.date_day) as promoted_days,
        {{ exact_sum('promotions.discount_rate') }} as discount_days
    from promotions
    inner join {{ ref('int_dates') }} as dates
        on dates.date_day between promotions.start_date and promotions.end_date
    group by
        promotions.product_id, promotions.location_id, dates.period_index

),

promoted_by_pair as (

    select
        spine.location_id,
        spine.product_id,
        spine.period_index,
        sum(promoted.promoted_days) as promoted_days,
        {{ exact_sum('promoted.discount_days') }} as discount_days
    from spine
    inner join promoted
        on
            spine.product_id = promoted.product_id
            and spine.period_index = promoted.period_index
            and coalesce(promoted.location_id, spine.location_id)
            = spine.location_id
    group by spine.location_id, spine.product_id, spine.period_index

),

joined as (

    -- A period without a unit on the shelf has no demand to learn from, but that
    -- nothing sells off season.
    select
        spine.location_id,
        spine.product_id,
        spine.period_index,
        spine.period_date,
        spine.partition_number,
        spine.is_judged,
        products.category,
        spine.period_index - spine.first_index as age_periods,
        case
            when
                (not demand.is_empty or coalesce(demand.is_off_season, false))
                and demand.unconstrained_units is not null
                then greatest(demand.unconstrained_units, 0)
        end as demand_units,
        coalesce(products.unit_cost, 1) as weight_value,
        least(coalesce(promoted_by_pair.promoted_days, 0) / cast(
            horizon.period_days as double
        ), 1) as known_promotion_share,
        least(coalesce(promoted_by_pair.discount_days, 0) / cast(
            horizon.period_days as double
        ), 1) as known_discount_rate
    from spine
    cross join horizon
    inner join products
        on spine.product_id = products.product_id
    left join demand
        on
            spine.location_id = demand.location_id
            and spine.product_id = demand.product_id
            and spine.period_index = demand.period_index
    left join promoted_by_pair
        on
            spine.location_id = promoted_by_pair.location_id
            and spine.product_id = promoted_by_pair.product_id
            and spine.period_index = promoted_by_pair.period_index

),

windowed as (

    select
        *,
        {{ exact_mean('demand_units', over='year_window') }} as scale_units,
        {{ exact_mean('demand_units', over='short_window') }} as mean_short_units,
        {{ exact_mean('demand_units', over='middle_window') }} as mean_middle_units,
        {{ exact_mean('demand_units', over='long_window') }} as mean_long_units,
        {{ exact_deviation('demand_units', over='middle_window') }} as sd_middle_units,
        {{ exact_mean(
            'case when demand_units > 0 then 1.0 when demand_units = 0 then 0 end',
            over='middle_window'
        ) }} as active_share,
        lag(demand_units, 1) over series_window as previous_units,
        -- As of this row's close; the target's own season a year before is beyond it.
        {{ exact_mean('demand_units', over='last_year_window') }} as last_year_units,
        {{ exact_mean(
            'known_promotion_share',
            over='middle_window'
        ) }} as promotion_share,
        sum(case when demand_units > 0 then 1 else 0 end) over all_window
            as sale_number
    from joined
    window
        series_window as (
            partition by location_id, product_id order by period_index
        ),
        all_window as (
            partition by location_id, product_id order by period_index
            rows between unbounded preceding and current row
        ),
        year_window as (
            partition by location_id, product_id order by period_index
            rows between {{ year_periods - 1 }} preceding and current row
        ),
        short_window as (
            partition by location_id, product_id order by period_index
            rows between {{ short - 1 }} preceding and current row
        ),
        middle_window as (
            partition by location_id, product_id order by period_index
            rows between {{ middle - 1 }} preceding and current row
        ),
        long_window as (
            partition by location_id, product_id order by period_index
            rows between {{ long - 1 }} preceding and current row
        ),
        last_year_window as (
            partition by location_id, product_id order by period_index
            rows between {{ year_periods - 1 }} preceding
            and {{ year_periods - short }} preceding
        )

),

since_sale as (

    select
        *,
        row_number() over (
            partition by location_id, product_id, sale_number
            order by period_index
        ) - 1 as periods_since_sale
    from windowed

),

scaled as (

    select
        location_id,
        product_id,
        cast(period_index as integer) as period_index,
        period_date,
        cast(partition_number as integer) as partition_number,
        is_judged,
        category,
        cast(round(demand_units, 9) as double) as demand_units,
        cast(round(scale_units, 9) as double) as scale_units,
        cast(round(weight_value, 9) as double) as weight_value,
        cast(round(demand_units / nullif(scale_units, 0), 9) as double)
            as lag_last_ratio,
        cast(round(previous_units / nullif(scale_units, 0), 9) as double)
            as lag_previous_ratio,
        cast(round(mean_short_units / nullif(scale_units, 0), 9) as double)
            as lag_mean_short_ratio,
        cast(round(mean_middle_units / nullif(scale_units, 0), 9) as double)
            as lag_mean_middle_ratio,
        cast(round(mean_long_units / nullif(scale_units, 0), 9) as double)
            as lag_mean_long_ratio,
        cast(round(sd_middle_units / nullif(scale_units, 0), 9) as double)
            as lag_variation_ratio,
        cast(round(last_year_units / nullif(scale_units, 0), 9) as double)
            as lag_last_year_ratio,
        cast(round(active_share, 9) as double) as lag_active_share,
        cast(round(promotion_share, 9) as double) as lag_promotion_share,
        cast(least(periods_since_sale, {{ year_periods }}) as double)
            as lag_periods_since_sale,
        cast(least(age_periods, {{ year_periods }}) as double) as lag_age_periods,
        cast(round(known_promotion_share, 9) as double) as known_promotion_share,
        cast(round(known_discount_rate, 9) as double) as known_discount_rate
    from since_sale

)

select * from scaled
