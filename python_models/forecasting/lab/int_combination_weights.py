"""Weights of the combination. Grain: one row per cutoff, segment and model."""

from restock import frames
from restock.forecasting import combination


def model(dbt, session):
    """Read forecasts and what came of them, weigh the models, return a table."""
    compared = dbt.ref("int_forecasts_compared")
    result = combination.weights_table(
        [
            compared.filter(f"cutoff_date = date '{date}'").df
            for (date,) in compared.select("cutoff_date")
            .distinct()
            .order("cutoff_date")
            .fetchall()
        ],
        dbt.ref("int_forecast_folds").df(),
        models=dbt.ref("int_forecasts_stacked").select("model").distinct().df(),
        exclude=frozenset(dbt.config.meta_get("exclude")),
        prior=frozenset(dbt.config.meta_get("prior")),
    )
    return frames.to_table(result, combination.WEIGHTS_SCHEMA)
