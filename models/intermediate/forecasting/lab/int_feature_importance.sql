with

permutations as (

    select * from {{ ref('int_feature_permutations') }}

),

segments as (

    select
        location_id,
        product_id,
        segment as own_segment
    from {{ ref('int_forecast_segments') }}

),

compared as (

    -- Squared error over the level of the series: what the models are fitted to.
    select
        permutations.model,
        permutations.feature,
        permutations.feature_columns,
        permutations.location_id,
        permutations.product_id,
        permutations.cutoff_date,
        permutations.forecast_date,
        permutations.actual_units,
        segments.own_segment,
        power(permutations.actual_units - permutations.forecast_units, 2)
        / permutations.scale_units as loss,
        permutations.permuted_squared_error / permutations.scale_units
            as loss_permuted,
        abs(permutations.actual_units - permutations.forecast_units)
            as absolute_error_units,
        permutations.permuted_absolute_error_units
    from permutations
    inner join segments
        on
            permutations.location_id = segments.location_id
            and permutations.product_id = segments.product_id

),

segmented as (

    select
        *,
        'all' as segment
    from compared

    union all

    select
        *,
        own_segment as segment
    from compared

),

totals as (

    select
        model,
        segment,
        feature,
        min(feature_columns) as feature_columns,
        count(distinct cutoff_date) as fold_count,
        count(distinct location_id || '|' || product_id) as series_count,
        count(*) as target_count,
        {{ exact_sum('actual_units') }} as actual_units,
        {{ exact_sum('absolute_error_units') }} as absolute_error_units,
        {{ exact_sum('permuted_absolute_error_units') }}
            as permuted_absolute_error_units,
        {{ exact_sum('loss') }} as loss,
        {{ exact_sum('loss_permuted') }} as loss_permuted
    from segmented
    group by model, segment, feature

),

{%- for cluster, columns in [
    ('target', ['forecast_date']), ('series', ['location_id', 'product_id'])
] %}

by_{{ cluster }} as (

    select
        model,
        segment,
        feature,
        sqrt(count(*) * {{ exact_variance('loss_rise') }}) as loss_rise_error,
        sqrt(count(*) * {{ exact_variance('error_rise_units') }})
            as error_rise_error_units
    from (
        select
            model,
            segment,
            feature,
            {{ columns | join(', ') }},
            {{ exact_sum('loss_permuted - loss') }} as loss_rise,
            {{ exact_sum('permuted_absolute_error_units - absolute_error_units') }}
                as error_rise_units
        from segmented
        group by model, segment, feature, {{ columns | join(', ') }}
    ) as clusters
    group by model, segment, feature

),
{%- endfor %}

measured as (

    -- Series of one period share its weather, periods of one series its habits: the
    -- larger error of the two counts.
    select
        totals.*,
        greatest(by_target.loss_rise_error, by_series.loss_rise_error)
            as loss_rise_error,
        greatest(
            by_target.error_rise_error_units, by_series.error_rise_error_units
        ) as error_rise_error_units,
        {{ at_least_zero('(totals.loss_permuted - totals.loss)') }} as useful_rise
    from totals
    inner join by_target
        on
            totals.model = by_target.model
            and totals.segment = by_target.segment
            and totals.feature = by_target.feature
    inner join by_series
        on
            totals.model = by_series.model
            and totals.segment = by_series.segment
            and totals.feature = by_series.feature

),

ranked as (

    select
        model,
        segment,
        feature,
        feature_columns,
        fold_count,
        series_count,
        target_count,
        actual_units,
        absolute_error_units,
        permuted_absolute_error_units,
        loss,
        loss_permuted,
        (loss_permuted - loss) / nullif(loss, 0) as loss_rise,
        loss_rise_error / nullif(loss, 0) as loss_rise_standard_error,
        (permuted_absolute_error_units - absolute_error_units)
        / nullif(actual_units, 0) as wape_rise,
        error_rise_error_units / nullif(actual_units, 0)
            as wape_rise_standard_error,
        useful_rise / nullif({{ exact_sum(
            'useful_rise',
            over='(partition by model, segment)'
        ) }}, 0) as rise_share,
        row_number() over (
            partition by model, segment
            order by loss_permuted - loss desc, feature
        ) as importance_rank,
        coalesce(loss_permuted - loss > 2 * loss_rise_error, false)
            as is_significant
    from measured

)

select * from ranked
