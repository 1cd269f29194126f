"""Random forest. Grain: one row per series, model, cutoff and step."""

from restock import frames
from restock.forecasting import forest, protocol, run_settings


def model(dbt, session):
    """Read the panel, forecast at every cutoff, return a typed table."""
    settings = run_settings.read(dbt.ref("int_forecast_settings").df())
    panel = dbt.ref("int_forecast_panel").df()
    calendar = dbt.ref("int_forecast_calendar").df()
    cutoffs = dbt.ref("int_forecast_folds").df()
    result = forest.forecast(panel, calendar, cutoffs, **settings.of_global_model())
    return frames.to_table(result, protocol.OUTPUT_SCHEMA)
