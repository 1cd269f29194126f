-- A forecast of a day that was already known is no forecast.

select
    model,
    origin_date as cutoff_date,
    forecast_date
from {{ ref('fct_forecasts') }}
where forecast_date <= origin_date

union all

select
    model,
    cutoff_date,
    forecast_date
from {{ ref('fct_forecast_backtests') }}
where forecast_date <= cutoff_date
