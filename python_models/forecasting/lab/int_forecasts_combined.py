"""Combination. Grain: one row per series, cutoff and step."""

from restock import frames
from restock.forecasting import combination, protocol


def model(dbt, session):
    """Read the models' forecasts cutoff by cutoff, weigh, return a table."""
    stacked = dbt.ref("int_forecasts_stacked")
    dates = stacked.select("cutoff_date").distinct().order("cutoff_date").fetchall()
    parts = combination.combine(
        [stacked.filter(f"cutoff_date = date '{date}'").df for (date,) in dates],
        dbt.ref("int_combination_weights").df(),
        dbt.ref("int_forecast_segments")
        .select("location_id, product_id, segment")
        .df(),
    )
    return frames.in_parts(session, "combined", protocol.OUTPUT_SCHEMA, parts)
