"""Linear regression. Grain: one row per series, model, cutoff and step."""

from restock import frames
from restock.forecasting import linear, protocol, run_settings


def model(dbt, session):
    """Read the panel, forecast at every cutoff, return a typed table."""
    settings = run_settings.read(dbt.ref("int_forecast_settings").df())
    result = linear.forecast(
        dbt.ref("int_forecast_panel").df(),
        dbt.ref("int_forecast_calendar").df(),
        dbt.ref("int_forecast_folds").df(),
        settings.horizon,
        seed=settings.seed,
        season_length=settings.season_length,
        max_rows=settings.max_rows,
    )
    return frames.to_table(result, protocol.OUTPUT_SCHEMA)
