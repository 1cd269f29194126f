with

as_of as (

    select * from {{ ref('input_as_of') }}

),

lead_times as (

    select * from {{ ref('int_lead_times') }}

),

order_quantities as (

    select
        location_id,
        product_id,
        review_days
    from {{ ref('int_economic_order_quantities') }}

),

budgeted as (

    select
        {{ dbt.listagg('family', "','", 'order by family') }} as families_cut
    from (
        select distinct family
        from {{ ref('int_forecast_budget') }}
        where is_cut
    ) as cut

),

protected as (

    -- The forecasts must reach what an order now has to protect, however late it
    -- comes; a backtest need only hold the interval of most.
    select
        percentile_cont(0.9) within group (
            order by lead_times.lead_time_mean_days + order_quantities.review_days
        ) as usual_days,
        max(
            {{ longest_lead_time_days(
                'lead_times.lead_time_mean_days', 'lead_times.lead_time_sd_days'
            ) }}
            + order_quantities.review_days
        ) as longest_days,
        count(*) as pair_count
    from lead_times
    inner join order_quantities
        on
            lead_times.location_id = order_quantities.location_id
            and lead_times.product_id = order_quantities.product_id

),

settings as (

    select
        as_of.as_of_date,
        as_of.last_period_end_date,
        as_of.period_days,
        cast(as_of.elapsed_days as double) / as_of.period_days as elapsed_periods,
        cast(least(greatest(
            ceil(
                (as_of.elapsed_days + coalesce(protected.longest_days, 0))
                / as_of.period_days
            ),
            1
        ), {{ max_horizon_periods() }}) as integer) as horizon_periods,
        cast(greatest(
            ceil(coalesce(protected.usual_days, 0) / as_of.period_days), 1
        ) as integer) as backtest_horizon_periods,
        cast({{ by_planning_period('season_length') }} as integer)
            as season_length_periods,
        cast({{ by_planning_period('average_window') }} as integer)
            as average_window_periods,
        cast({{ var('max_training_rows') }} as integer) as max_training_rows,
        cast({{ var('random_seed') }} as integer) as random_seed,
        cast(case
            when protected.pair_count > {{ var('lab_max_series') }}
                then {{ var('simulation_paths_large') }}
            else {{ var('simulation_paths') }}
        end as integer) as simulation_paths,
        cast({{ var('lstm_epochs') }} as integer) as lstm_epochs,
        cast({{ var('lstm_max_windows') }} as integer) as lstm_max_windows,
        cast({{ by_planning_period('lstm_retrain_every') }} as integer)
            as lstm_retrain_every_periods,
        cast(budgeted.families_cut as varchar) as families_cut
    from as_of
    cross join protected
    cross join budgeted

)

select * from settings
