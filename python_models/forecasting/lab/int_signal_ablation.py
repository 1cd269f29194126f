"""Forecasts with and without each signal. Grain: one row per signal and target."""

from restock import frames
from restock.forecasting import ablation, run_settings


def model(dbt, session):
    """Read the panel, forecast with and without each signal, return a typed table."""
    run = run_settings.read(
        settings=dbt.ref("int_forecast_settings"),
        panel=dbt.ref("int_forecast_panel").filter("is_judged"),
        calendar=dbt.ref("int_forecast_calendar"),
        cutoffs=dbt.ref("int_forecast_folds"),
        hyperparameters=dbt.ref("model_hyperparameters"),
    )
    result = ablation.ablate(
        run.panel,
        run.calendar,
        run.cutoffs,
        min(run.backtest_horizon, run.horizon),
        dbt.ref("int_forecast_signals").df(),
        seed=run.seed,
        season_length=run.season_length,
    )
    return frames.to_table(result, ablation.OUTPUT_SCHEMA)
