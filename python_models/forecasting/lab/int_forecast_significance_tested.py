"""Champion against runner-up. Grain: one row per segment."""

from restock import frames
from restock.forecasting import significance


def model(dbt, session):
    """Read the gaps in cost, test them, return a typed table."""
    gaps = dbt.ref("int_forecast_champion_gaps").df()
    result = significance.compare(gaps, seed=int(dbt.config.meta_get("seed")))
    return frames.to_table(result, significance.OUTPUT_SCHEMA)
