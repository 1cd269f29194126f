"""The plan's distribution at past cutoffs. Grain: location, product and cutoff."""

from restock import frames
from restock.replenishment.demand import lead_time_backtests


def model(dbt, session):
    """Read the champion's backtest, lay the distribution on it, return a table."""
    settings = dbt.ref("int_forecast_settings").df()
    result = lead_time_backtests.backtest(
        dbt.ref("int_champion_forecasts").filter("fold_role <> 'live'").df(),
        n_paths=int(frames.single_value(settings, "simulation_paths", 1000)),
        max_sums=dbt.config.meta_get("max_sums"),
        seed=dbt.config.meta_get("seed"),
    )
    return frames.to_table(result, lead_time_backtests.OUTPUT_SCHEMA)
