-- Location x product sums to product, vendor, category, location and chain, in units
-- and in value.

with

pairs as (

    select
        sum(forecasts.forecast_units) as forecast_units,
        sum(forecasts.forecast_units * products.unit_cost) as forecast_value
    from {{ ref('fct_forecasts') }} as forecasts
    inner join {{ ref('input_products') }} as products
        on forecasts.product_id = products.product_id
    where forecasts.is_champion

),

levels as (

    select
        aggregation,
        sum(forecast_units) as forecast_units,
        sum(forecast_value) as forecast_value
    from {{ ref('fct_forecasts_aggregated') }}
    group by aggregation

)

select
    levels.aggregation,
    levels.forecast_units,
    pairs.forecast_units as pair_units
from levels
cross join pairs
where
    abs(levels.forecast_units - pairs.forecast_units)
    > 1e-9 * (1 + pairs.forecast_units)
    or abs(levels.forecast_value - pairs.forecast_value)
    > 1e-9 * (1 + pairs.forecast_value)
