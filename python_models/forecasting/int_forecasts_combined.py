"""Combination. Grain: one row per series, cutoff and step."""

from restock import frames
from restock.forecasting import combination, protocol


def model(dbt, session):
    """Read the models' forecasts and what came of them, weigh, return a table."""
    result = combination.combine(
        dbt.ref("int_forecasts_compared").df(),
        exclude=frozenset(dbt.config.meta_get("exclude")),
        prior=frozenset(dbt.config.meta_get("prior")),
    )
    return frames.to_table(result, protocol.OUTPUT_SCHEMA)
