"""SES, ETS, Theta, CES. Grain: one row per series, model, cutoff and step."""

from restock import frames
from restock.forecasting import protocol, run_settings, smoothing


def model(dbt, session):
    """Read the panel, forecast at every cutoff, return a typed table."""
    run = run_settings.read(
        settings=dbt.ref("int_forecast_settings"),
        panel=dbt.ref("int_forecast_panel").filter("is_judged"),
        calendar=dbt.ref("int_forecast_calendar"),
        cutoffs=dbt.ref("int_forecast_folds").filter("fold_role <> 'live'"),
        hyperparameters=dbt.ref("model_hyperparameters"),
        family="smoothing",
    )
    result = smoothing.forecast(
        **run.tables(),
        max_series=int(dbt.config.meta_get("max_series")),
        max_interval=float(dbt.config.meta_get("max_interval")),
    )
    return frames.to_table(result, protocol.OUTPUT_SCHEMA)
