"""Orders of ARIMA models. Grain: one row per series and date of search."""

from restock import frames
from restock.forecasting import arima_orders, run_settings


def model(dbt, session):
    """Read the panel and earlier orders, search what is missing, return a table."""
    run = run_settings.read(
        settings=dbt.ref("int_forecast_settings"),
        panel=dbt.ref("int_forecast_panel").filter("is_judged"),
        calendar=dbt.ref("int_forecast_calendar"),
        cutoffs=dbt.ref("int_forecast_folds"),
        hyperparameters=dbt.ref("model_hyperparameters"),
        family="arima",
    )
    every_weeks = dbt.config.meta_get("search_every_weeks")
    every_days = dbt.config.meta_get("search_every_days")
    most_weeks = dbt.config.meta_get("max_series_weeks")
    most_days = dbt.config.meta_get("max_series_days")
    result = arima_orders.search(
        run.panel,
        run.calendar,
        run.cutoffs,
        run.horizon,
        season_length=run.season_length,
        search_every=int(every_days if run.season_length == 7 else every_weeks),
        max_series=int(most_days if run.season_length == 7 else most_weeks),
        cached=(
            session.sql(f"select * from {dbt.this}").df()
            if dbt.is_incremental
            else None
        ),
    )
    return frames.to_table(result, arima_orders.SCHEMA)
