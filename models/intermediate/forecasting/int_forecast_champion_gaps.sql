with

costed as (

    select * from {{ ref('int_forecast_sums_costed') }}
    where fold_role <> 'calib'

),

champions as (

    select * from {{ ref('int_forecast_champions') }}

),

gaps as (

    select
        champions.segment,
        champions.model,
        champions.runner_up_model,
        own.location_id,
        own.product_id,
        own.cutoff_date,
        runner_up.cycle_cost - own.cycle_cost as gap_cost
    from champions
    inner join costed as own
        on
            champions.segment = own.segment
            and champions.model = own.model
    inner join costed as runner_up
        on
            champions.runner_up_model = runner_up.model
            and own.location_id = runner_up.location_id
            and own.product_id = runner_up.product_id
            and own.cutoff_date = runner_up.cutoff_date
    where own.cycle_cost is not null and runner_up.cycle_cost is not null

)

select * from gaps
order by segment, location_id, product_id, cutoff_date
