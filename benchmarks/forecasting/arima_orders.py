"""Print what scale, season, transform and search do to ARIMA on the sample.

`make build` first, then `.venv/bin/python benchmarks/forecasting/arima_orders.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from restock.forecasting import arima, arima_orders, baselines, protocol, smoothing
from restock.forecasting.history import History
from restock.forecasting.seasonal_index import SeasonalIndex
from restock.statistics.arrays import Floats

ROOT = Path(__file__).parents[2]
# Name of a variant: orders or None to search them, deseasonalise, transform.
VARIANTS = {
    "guess (1,1,1)": ((1, 1, 1), False, "none"),
    "guess (5,1,0)": ((5, 1, 0), False, "none"),
    "guess (1,1,1) x season": ((1, 1, 1), True, "none"),
    "searched": (None, False, "none"),
    "searched x season": (None, True, "none"),
    "searched x season, log1p": (None, True, "log1p"),
    "searched x season, scale chosen": (None, True, None),
}
SEARCHED_INDEX = """
select max(searched_index)
from intermediate.int_arima_orders
where searched_index <= (select min(cutoff_index) from intermediate.int_forecast_folds)
"""


def main() -> None:
    """Print both tables."""
    database = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "restock.duckdb")
    with duckdb.connect(database, read_only=True) as connection:

        def table(query: str) -> pd.DataFrame:
            return connection.execute(query).df()

        settings = table("select * from intermediate.int_forecast_settings").iloc[0]
        panel = table("select * from intermediate.int_forecast_panel")
        calendar = table("select * from intermediate.int_forecast_calendar")
        folds = table(
            "select * from intermediate.int_forecast_folds where fold_role <> 'live'"
        )
        searched = int(connection.execute(SEARCHED_INDEX).fetchone()[0])
        routed = table(
            "select location_id, product_id from intermediate.int_arima_orders "
            f"where is_routed and searched_index = {searched}"
        )
    if int(settings["period_days"]) != 7:
        raise ValueError("the comparison is written for planning_period week")
    total = (
        panel.groupby(["period_index", "period_date"], as_index=False)
        .agg(
            demand_units=("demand_units", lambda units: units.sum(min_count=1)),
            scale_units=("scale_units", "sum"),
        )
        .assign(location_id="all", product_id="all", category="", weight_value=1.0)
    )
    lines = []
    for title, part in (
        ("total of all series", total),
        (f"the {len(routed)} series that ARIMA serves", panel.merge(routed)),
    ):
        lines += [f"{title} | rmse | wape | rmse over mean", "---|---|---|---"]
        for name, rmse, wape, relative in _scored(
            part, calendar, folds, int(settings["horizon_periods"]), searched
        ):
            lines.append(f"{name} | {rmse:,.1f} | {wape:.3f} | {relative:.3f}")
        lines.append("")
    sys.stdout.write("\n".join(lines))


def _scored(
    panel: pd.DataFrame,
    calendar: pd.DataFrame,
    folds: pd.DataFrame,
    horizon: int,
    searched: int,
) -> list[tuple[str, float, float, float]]:
    """Error of each variant over all folds and steps, the smallest first."""
    models: dict[str, protocol.Learner] = {
        name: _learner(*variant, searched) for name, variant in VARIANTS.items()
    }
    models["smoothing x season"] = protocol.per_series(_smoothing)
    models["seasonal naive"] = protocol.per_series(
        lambda history: baselines.seasonal_naive(
            history.demand, horizon=horizon, season_length=52, fallback_window=4
        )
    )
    rows = protocol.run(panel, calendar, folds, horizon, models)
    keys = ["location_id", "product_id"]
    actual = panel[[*keys, "period_date", "demand_units"]].rename(
        columns={"period_date": "forecast_date"}
    )
    rows = rows.merge(actual, on=[*keys, "forecast_date"]).dropna()
    found = []
    for name, group in rows.groupby("model"):
        error = group["demand_units"] - group["forecast_units"]
        rmse = float(np.sqrt((error**2).mean()))
        mean = float(group["demand_units"].mean())
        found.append((name, rmse, float(error.abs().mean()) / mean, rmse / mean))
    return sorted(found, key=lambda row: row[1])


def _learner(
    order: tuple[int, int, int] | None,
    is_deseasonalised: bool,
    transform: str | None,
    searched: int,
) -> protocol.Learner:
    window = arima_orders.window_of(52)
    known: dict[int, arima.Orders] = {}

    def model(history: History) -> Floats:
        index = SeasonalIndex.learn(history, season_length=52)
        season = index.ahead(history)
        demand = history.demand
        if is_deseasonalised:
            demand = index.deseasonalised(history)
        units = np.full(season.shape, np.nan)
        n_searched = demand.shape[1] - (history.cutoff_index - searched)
        until_search = arima_orders.without_gaps(demand[:, :n_searched])
        recent = arima_orders.without_gaps(demand[:, -window.periods :])
        for series in range(len(demand)):
            if series not in known:
                known[series] = _orders(until_search[series], order, transform)
            try:
                units[series] = arima.fit_and_forecast(
                    recent[series], known[series], history.horizon
                )
            except arima_orders.FIT_ERRORS:
                continue
        return units * season if is_deseasonalised else units

    return protocol.per_series(model)


def _orders(
    values: Floats,
    order: tuple[int, int, int] | None,
    transform: str | None,
) -> arima.Orders:
    scale = transform or arima_orders.transform_of(values)
    if order is not None:
        return arima.Orders(order, (0, 0, 0), 1, order[1] == 0, scale)
    found = arima_orders.find(arima_orders.to_scale(values, scale), 1)
    return arima.Orders(
        (found["p"], found["d"], found["q"]),
        (0, 0, 0),
        1,
        found["has_constant"],
        scale,
    )


def _smoothing(history: History) -> Floats:
    index = SeasonalIndex.learn(history, season_length=52)
    level = smoothing.smoothed_levels(index.deseasonalised(history))
    return level[:, None] * index.ahead(history)


if __name__ == "__main__":
    main()
