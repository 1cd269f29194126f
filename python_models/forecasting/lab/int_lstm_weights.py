"""Trained LSTM networks. Grain: one row per model and training date."""

from restock import frames
from restock.forecasting import lstm, run_settings


def model(dbt, session):
    """Read the panel, train what was not trained before, return a typed table."""
    run = run_settings.read(
        settings=dbt.ref("int_forecast_settings"),
        panel=dbt.ref("int_forecast_panel").filter("is_judged"),
        calendar=dbt.ref("int_forecast_calendar"),
        cutoffs=dbt.ref("int_forecast_folds"),
        hyperparameters=dbt.ref("model_hyperparameters"),
        family="lstm",
    )
    kept = session.table(str(dbt.this)).df() if dbt.is_incremental else None
    result = lstm.weights_table(kept=kept, **run.of_lstm())
    return frames.to_table(result, lstm.WEIGHTS_SCHEMA)
