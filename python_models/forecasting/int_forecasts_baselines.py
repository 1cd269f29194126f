"""Seasonal naive, moving average. Grain: one row per series, model, cutoff, step."""

from restock import frames
from restock.forecasting import baselines, protocol, run_settings


def model(dbt, session):
    """Read the panel, forecast at every cutoff, return a typed table."""
    settings = run_settings.read(dbt.ref("int_forecast_settings").df())
    result = baselines.forecast(
        dbt.ref("int_forecast_panel").df(),
        dbt.ref("int_forecast_calendar").df(),
        dbt.ref("int_forecast_folds").df(),
        settings.horizon,
        seed=settings.seed,
        season_length=settings.season_length,
        average_window=settings.average_window,
    )
    return frames.to_table(result, protocol.OUTPUT_SCHEMA)
