"""Pre-trained network. Grain: one row per series, cutoff and step."""

from restock import frames
from restock.forecasting import foundation, protocol, run_settings


def model(dbt, session):
    """Read the panel, forecast at every cutoff, return a typed table."""
    run = run_settings.read(
        settings=dbt.ref("int_forecast_settings"),
        panel=dbt.ref("int_forecast_panel").filter("is_judged"),
        calendar=dbt.ref("int_forecast_calendar"),
        cutoffs=dbt.ref("int_forecast_folds").filter("fold_role <> 'live'"),
        hyperparameters=dbt.ref("model_hyperparameters"),
        family="foundation",
    )
    folder = dbt.config.meta_get("folder")
    result = foundation.forecast(folder=folder, **run.tables())
    return frames.to_table(result, protocol.OUTPUT_SCHEMA)
