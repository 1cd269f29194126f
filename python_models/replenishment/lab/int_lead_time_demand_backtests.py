"""The plan's distribution at past cutoffs. Grain: location, product and cutoff."""

from restock import frames
from restock.replenishment.demand import lead_time_backtests


def model(dbt, session):
    """Read the champion's backtest, lay the distribution on it, return a table."""
    result = lead_time_backtests.backtest(
        dbt.ref("int_champion_forecasts").filter("fold_role <> 'live'").df(),
        n_paths=dbt.config.meta_get("n_paths"),
        max_sums=dbt.config.meta_get("max_sums"),
        seed=dbt.config.meta_get("seed"),
    )
    return frames.to_table(result, lead_time_backtests.OUTPUT_SCHEMA)
