{#-
    The model of each segment of today, by the laboratory's last verdict. A segment that
    it did not see takes the champion of the segment with the most evidence.
-#}

with

champions as (

    select
        segment,
        model,
        sum_count
    from {{ ref('int_forecast_champions') }}

),

usual as (

    select model
    from champions
    qualify row_number() over (
        order by sum_count desc nulls last, segment asc
    ) = 1

),

segments as (

    select distinct segment
    from {{ ref('int_forecast_segments') }}

),

in_force as (

    select
        segments.segment,
        coalesce(champions.model, usual.model, 'seasonal_naive') as model -- noqa: RF04
    from segments
    left join champions
        on segments.segment = champions.segment
    left join usual
        on champions.model is null

)

select * from in_force
