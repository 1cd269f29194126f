{#- One order cycle in money: stock up to a quantile, pay for what is over or short. -#}

with

sums as (

    select * from {{ ref('int_forecast_sums') }}

),

tested as (

    {{ first_test_cutoff() }}

),

error_quantiles as (

    select * from {{ ref('int_forecast_error_quantiles') }}
    where horizon = 0

),

levels as (

    select * from {{ ref('int_forecast_levels') }}
    where horizon = 0

),

levelled as (

    select
        sums.*,
        sums.fold_role = 'select'
        and coalesce(sums.last_target_index <= tested.first_test_index, true)
            as has_a_say,
        {%- for name, level in forecast_quantile_levels() %}
        {{ at_least_zero(
            '(sums.forecast_sum_units + error_quantiles.' ~ name
            ~ '_scaled * sqrt(sums.forecast_sum_units + 0.1))'
        ) }} as {{ name }}_sum_units,
        {%- endfor %}
        {{ critical_ratio(
            'sums.holding_cost_per_unit_period * sums.protection_periods',
            'sums.shortage_cost_per_unit'
        ) }} as critical_ratio
    from sums
    cross join tested
    left join levels
        on
            sums.location_id = levels.location_id
            and sums.product_id = levels.product_id
            and sums.model = levels.model
            and sums.cutoff_date = levels.cutoff_date
    left join error_quantiles
        on
            sums.model = error_quantiles.model
            and sums.cutoff_date = error_quantiles.cutoff_date
            and levels.level_bucket = error_quantiles.level_bucket

),

stocked as (

    -- The quantile at or below the critical ratio; a spread not yet known leaves
    -- the forecast itself.
    select
        *,
        coalesce(
            case
                when critical_ratio >= 0.975 then q975_sum_units
                when critical_ratio >= 0.95 then q95_sum_units
                when critical_ratio >= 0.9 then q90_sum_units
                when critical_ratio >= 0.75 then q75_sum_units
                else q50_sum_units
            end,
            forecast_sum_units
        ) as stock_units
    from levelled

),

costed as (

    select
        location_id,
        product_id,
        model,
        fold_role,
        has_a_say,
        segment,
        cutoff_date,
        last_target_index,
        forecast_sum_units,
        actual_sum_units,
        mean_squared_step,
        mean_absolute_step,
        protection_periods,
        {%- for name, level in forecast_quantile_levels() %}
        {{ name }}_sum_units,
        {%- endfor %}
        critical_ratio,
        stock_units,
        holding_cost_per_unit_period
        * protection_periods
        * {{ at_least_zero('(stock_units - actual_sum_units)') }}
        + shortage_cost_per_unit
        * {{ at_least_zero('(actual_sum_units - stock_units)') }}
            as cycle_cost
    from stocked

)

select * from costed
