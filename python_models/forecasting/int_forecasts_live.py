"""What the champions say today. Grain: one row per series, model and step."""

from restock import frames
from restock.forecasting import live, protocol, run_settings


def model(dbt, session):
    """Read the panel and the verdicts, forecast part by part, return a table."""
    run = run_settings.read(
        settings=dbt.ref("int_forecast_settings"),
        panel=dbt.ref("int_forecast_panel"),
        calendar=dbt.ref("int_forecast_calendar"),
        cutoffs=dbt.ref("int_forecast_origin"),
        hyperparameters=dbt.ref("model_hyperparameters"),
        signals=dbt.ref("int_forecast_signals_used"),
        hidden=dbt.ref("int_signals_hidden"),
    )
    parts = live.forecast(
        run,
        dbt.ref("int_forecast_segments").df(),
        dbt.ref("int_judged_series").df(),
        dbt.ref("int_champions_in_force").df(),
        dbt.ref("int_combination_weights").df(),
        orders=dbt.ref("int_arima_orders").df(),
        networks=dbt.ref("int_lstm_weights_in_force").df(),
        max_series=int(dbt.config.meta_get("max_series")),
        max_interval=float(dbt.config.meta_get("max_interval")),
        foundation_folder=dbt.config.meta_get("folder") or None,
    )
    return frames.in_parts(session, "live", protocol.OUTPUT_SCHEMA, parts)
