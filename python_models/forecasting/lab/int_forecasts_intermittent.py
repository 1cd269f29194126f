"""Croston, SBA, TSB, IMAPA. Grain: one row per series, model, cutoff and step."""

from restock import frames
from restock.forecasting import intermittent, protocol, run_settings


def model(dbt, session):
    """Read the panel, forecast at every cutoff, return a typed table."""
    run = run_settings.read(
        settings=dbt.ref("int_forecast_settings"),
        panel=dbt.ref("int_forecast_panel").filter("is_judged"),
        calendar=dbt.ref("int_forecast_calendar"),
        cutoffs=dbt.ref("int_forecast_folds").filter("fold_role <> 'live'"),
        hyperparameters=dbt.ref("model_hyperparameters"),
        family="intermittent",
    )
    result = intermittent.forecast(**run.tables())
    return frames.to_table(result, protocol.OUTPUT_SCHEMA)
