{#-
    The pairs that the laboratory judges models, rules and errors on: all of a small
    chain, of a large one a sample, drawn by a hash within each segment, in proportion
    to its pairs and at least so many of each.
-#}
{%- set most, least = var('lab_max_series'), var('lab_min_segment_series') -%}

with

segments as (

    select
        location_id,
        product_id,
        segment
    from {{ ref('int_forecast_segments') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by segment
            order by md5(location_id || '|' || product_id), location_id, product_id
        ) as segment_rank,
        count(*) over (partition by segment) as segment_count,
        count(*) over () as series_count
    from segments

),

judged as (

    select
        location_id,
        product_id,
        segment,
        cast(segment_count as bigint) as segment_count
    from ranked
    where
        series_count <= {{ most }}
        or segment_rank <= greatest(
            floor({{ most }} * cast(segment_count as double) / series_count),
            {{ least }}
        )

)

select * from judged
