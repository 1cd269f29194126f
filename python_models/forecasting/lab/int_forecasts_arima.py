"""ARIMA with searched orders. Grain: one row per series, cutoff and step."""

from restock import frames
from restock.forecasting import arima, protocol, run_settings


def model(dbt, session):
    """Read the panel and the orders, forecast at every cutoff, return a table."""
    run = run_settings.read(
        settings=dbt.ref("int_forecast_settings"),
        panel=dbt.ref("int_forecast_panel").filter("is_judged"),
        calendar=dbt.ref("int_forecast_calendar"),
        cutoffs=dbt.ref("int_forecast_folds").filter("fold_role <> 'live'"),
        hyperparameters=dbt.ref("model_hyperparameters"),
        family="arima",
    )
    result = arima.forecast(**run.tables(), orders=dbt.ref("int_arima_orders").df())
    return frames.to_table(result, protocol.OUTPUT_SCHEMA)
