{#-
    Variance over mean of the demand of a period, as known at each cutoff. From half the
    squared differences of neighbouring periods (of the same weekday a week apart where
    sales come daily), so that neither a trend nor a season nor the shape of a week
    counts as noise; of shelves that held stock, so that estimates do not.
-#}

with

segments as (

    select
        location_id,
        product_id,
        segment
    from {{ ref('int_forecast_segments') }}

),

folds as (

    -- Those of the laboratory's last run, and today.
    select cutoff_index from {{ ref('int_forecast_folds') }}

    union

    select cutoff_index from {{ ref('int_forecast_origin') }}

),

periods as (

    select period_days from {{ ref('input_as_of') }}

),

one_offs as (

    -- An order of many times the item's own size is named, not its noise.
    select
        by_period.location_id,
        by_period.product_id,
        by_period.period_index
    from {{ ref('int_one_off_orders') }} as orders
    inner join {{ ref('int_demand_by_period') }} as by_period
        on
            orders.location_id = by_period.location_id
            and orders.product_id = by_period.product_id
            and orders.period_date = by_period.period_date

),

buckets as (

    select
        demand.location_id,
        demand.product_id,
        demand.bucket_date,
        demand.period_index,
        demand.bucket_days,
        case
            when
                not demand.is_empty
                and not demand.is_sold_out
                and one_offs.period_index is null
                then demand.unconstrained_units
        end as units
    from {{ ref('int_demand_unconstrained') }} as demand
    left join one_offs
        on
            demand.location_id = one_offs.location_id
            and demand.product_id = one_offs.product_id
            and demand.period_index = one_offs.period_index

),

neighboured as (

    select
        location_id,
        product_id,
        bucket_date as moment_date,
        period_index,
        bucket_days as moment_days,
        units,
        case
            when bucket_days = 1 then lag(units, 7) over in_time
            else lag(units) over in_time
        end as earlier_units,
        'bucket' as grain
    from buckets
    window in_time as (partition by location_id, product_id order by bucket_date)

    union all

    select
        location_id,
        product_id,
        period_date as moment_date,
        period_index,
        null as moment_days,
        units,
        lag(units) over (
            partition by location_id, product_id order by period_index
        ) as earlier_units,
        'period' as grain
    from (
        select
            by_period.location_id,
            by_period.product_id,
            by_period.period_date,
            by_period.period_index,
            case
                when not by_period.is_stockout and one_offs.period_index is null
                    then by_period.unconstrained_units
            end as units
        from {{ ref('int_demand_by_period') }} as by_period
        left join one_offs
            on
                by_period.location_id = one_offs.location_id
                and by_period.product_id = one_offs.product_id
                and by_period.period_index = one_offs.period_index
    ) as known_periods

),

running as (

    select
        location_id,
        product_id,
        grain,
        period_index,
        moment_date,
        moment_days,
        {{ exact_sum(
            'power(units - earlier_units, 2) / 2',
            over='so_far'
        ) }} as half_squares,
        {{ exact_sum(
            'case
                when earlier_units is not null then (units + earlier_units) / 2
            end',
            over='so_far'
        ) }} as paired_units,
        count(units - earlier_units) over so_far as pair_count,
        {{ exact_sum('units', over='so_far') }} as known_units,
        count(units) over so_far as known_count
    from neighboured
    window so_far as (
        partition by location_id, product_id, grain order by moment_date
        rows between unbounded preceding and current row
    )

),

at_cutoffs as (

    select
        running.location_id,
        running.product_id,
        running.grain,
        segments.segment,
        folds.cutoff_index,
        greatest(max_by(running.half_squares, running.moment_date), 0)
            as half_squares,
        greatest(max_by(running.paired_units, running.moment_date), 0)
            as paired_units,
        max_by(running.pair_count, running.moment_date) as pair_count,
        max(running.moment_days) as moment_days,
        greatest(
            max_by(running.known_units, running.moment_date)
            / nullif(max_by(running.known_count, running.moment_date), 0),
            0
        ) as mean_units
    from running
    inner join folds
        on running.period_index = folds.cutoff_index
    inner join segments
        on
            running.location_id = segments.location_id
            and running.product_id = segments.product_id
    group by
        running.location_id,
        running.product_id,
        running.grain,
        segments.segment,
        folds.cutoff_index

),

weighed as (

    -- The variance of few and rare units is hardly known: so many pairs of a smooth
    -- series would tell as much of it. Levels are compared by doublings.
    select
        *,
        half_squares / nullif(paired_units, 0) as own_dispersion,
        case
            when paired_units > 0
                then pair_count / (1 + 1 / (2 * greatest(mean_units, 1e-3)))
            else 0
        end as own_weight,
        floor(ln(greatest(mean_units, 1e-3)) / ln(2)) as level_step
    from at_cutoffs

),

by_segment as (

    select
        grain,
        cutoff_index,
        segment,
        {{ exact_sum('half_squares') }}
        / nullif({{ exact_sum('paired_units') }}, 0) as dispersion
    from weighed
    group by grain, cutoff_index, segment

),

by_level as (

    select
        weighed.grain,
        weighed.cutoff_index,
        weighed.segment,
        weighed.level_step,
        (
            sum(weighed.pair_count) * coalesce(
                {{ exact_sum('weighed.half_squares') }}
                / nullif({{ exact_sum('weighed.paired_units') }}, 0), 0
            )
            + {{ var('dispersion_level_pairs') }}
            * coalesce(min(by_segment.dispersion), 1)
        ) / (sum(weighed.pair_count) + {{ var('dispersion_level_pairs') }})
            as dispersion
    from weighed
    left join by_segment
        on
            weighed.grain = by_segment.grain
            and weighed.cutoff_index = by_segment.cutoff_index
            and weighed.segment = by_segment.segment
    group by
        weighed.grain, weighed.cutoff_index, weighed.segment, weighed.level_step

),

by_bucket as (

    select
        weighed.location_id,
        weighed.product_id,
        weighed.cutoff_index,
        weighed.pair_count,
        weighed.mean_units / weighed.moment_days as units_per_day,
        -- Never all the way: items of one level are more alike ahead than behind.
        exp(
            {{ var('dispersion_own_share') }} * ln(greatest((
                weighed.own_weight * coalesce(weighed.own_dispersion, 0)
                + {{ var('dispersion_prior_pairs') }} * by_level.dispersion
            ) / (weighed.own_weight + {{ var('dispersion_prior_pairs') }}), 1e-3))
            + (1 - {{ var('dispersion_own_share') }})
            * ln(greatest(by_level.dispersion, 1e-3))
        ) as dispersion
    from weighed
    inner join by_level
        on
            weighed.grain = by_level.grain
            and weighed.cutoff_index = by_level.cutoff_index
            and weighed.segment = by_level.segment
            and weighed.level_step = by_level.level_step
    where weighed.grain = 'bucket'

),

by_period as (

    -- What the days of a week say of a week holds if they are independent: whole
    -- weeks correct it as far as there are any.
    select
        by_bucket.location_id,
        by_bucket.product_id,
        cast(by_bucket.cutoff_index as integer) as cutoff_index,
        cast(by_bucket.pair_count as integer) as pair_count,
        cast(
            round(by_bucket.units_per_day * periods.period_days, 9) as double
        ) as own_demand_units,
        cast(round((
            coalesce(weighed.own_weight * weighed.own_dispersion, 0)
            + {{ var('dispersion_prior_pairs') }} * by_bucket.dispersion
        ) / (
            case
                when weighed.own_dispersion is not null then weighed.own_weight else 0
            end
            + {{ var('dispersion_prior_pairs') }}
        ), 6) as double) as demand_dispersion
    from by_bucket
    cross join periods
    left join weighed
        on
            by_bucket.location_id = weighed.location_id
            and by_bucket.product_id = weighed.product_id
            and by_bucket.cutoff_index = weighed.cutoff_index
            and weighed.grain = 'period'

)

select * from by_period
