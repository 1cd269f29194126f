"""Errors with each feature permuted. Grain: one row per model, feature and target."""

from restock import frames
from restock.forecasting import feature_importance, run_settings


def model(dbt, session):
    """Read the panel, forecast with features permuted, return a typed table."""
    run = run_settings.read(
        settings=dbt.ref("int_forecast_settings"),
        panel=dbt.ref("int_forecast_panel").filter("is_judged"),
        calendar=dbt.ref("int_forecast_calendar"),
        cutoffs=dbt.ref("int_forecast_folds"),
        hyperparameters=dbt.ref("model_hyperparameters"),
        signals=dbt.ref("int_forecast_signals_used"),
        hidden=dbt.ref("int_signals_hidden"),
    )
    result = feature_importance.permute(
        **run.of_family(),
        families_cut=run.families_cut,
        n_folds=int(dbt.config.meta_get("folds")),
        n_repeats=int(dbt.config.meta_get("repeats")),
        max_scored_rows=int(dbt.config.meta_get("max_rows")),
    )
    return frames.to_table(result, feature_importance.OUTPUT_SCHEMA)
