"""What a forecast costs: CPU time of each model, for the seed `model_costs`.

    python benchmarks/forecasting/model_costs.py --measured-on NAME DATABASE...

Each DATABASE is a warehouse that `make build` has built, of weeks or of days; its
panel, calendar and folds are read. Every family forecasts all folds for a quarter of
the series and for all of them; the line through both gives a model's CPU time per
fold and per series and fold. A first run that is not counted loads the packages.
Time spent in a model counts as its own, the rest of its family's in equal shares.

Prints the table; with --write it replaces the rows of these planning periods in the
seed. A family is added by one line of `FAMILIES`.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from tqdm import tqdm

from restock.forecasting import (
    arima,
    arima_orders,
    baselines,
    boosting,
    forest,
    intermittent,
    linear,
    lstm,
    protocol,
    run_settings,
    smoothing,
)
from restock.forecasting.dense_panel import KEYS, WEEK_DAYS
from restock.forecasting.history import History

SEED = Path(__file__).parents[2] / "seeds" / "parameters" / "model_costs.csv"

Family = Callable[[run_settings.Run], pd.DataFrame]


def run_arima(run: run_settings.Run) -> pd.DataFrame:
    """Search the orders, as the first run on a chain has to, and forecast."""
    is_daily = run.season_length == WEEK_DAYS
    orders = arima_orders.search(
        run.panel,
        run.calendar,
        run.cutoffs,
        run.horizon,
        season_length=run.season_length,
        search_every=182 if is_daily else 26,
        max_series=15 if is_daily else 60,
    )
    return arima.forecast(**run.tables(), orders=orders)


FAMILIES: dict[str, Family] = {
    "arima": run_arima,
    "baselines": lambda run: baselines.forecast(**run.of_baselines()),
    "boosting": lambda run: boosting.forecast(**run.of_family()),
    "forest": lambda run: forest.forecast(**run.of_global_model("random_forest")),
    "intermittent": lambda run: intermittent.forecast(**run.tables()),
    "linear": lambda run: linear.forecast(**run.of_global_model("linear_regression")),
    "lstm": lambda run: lstm.forecast(**run.of_lstm()),
    "smoothing": lambda run: smoothing.forecast(**run.tables()),
}


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("databases", nargs="+")
    parser.add_argument("--measured-on", required=True, help="name of the data set")
    parser.add_argument("--family", choices=sorted(FAMILIES), help="measure only this")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    families = {
        name: family
        for name, family in FAMILIES.items()
        if arguments.family in (None, name)
    }
    for database in arguments.databases:
        costs = measure(database, families).assign(measured_on=arguments.measured_on)
        # ruff: noqa: T201
        print(costs.to_string(index=False))
        if arguments.write:
            write(costs)


def write(costs: pd.DataFrame) -> None:
    """Replace the rows of these families and planning periods in the seed."""
    keys = ["family", "planning_period"]
    if SEED.exists():
        earlier = pd.read_csv(SEED)
        again = costs.set_index(keys).index
        costs = pd.concat([earlier[~earlier.set_index(keys).index.isin(again)], costs])
    costs = costs.sort_values(["planning_period", "family", "model"])
    costs.to_csv(SEED, index=False, lineterminator="\n")


def measure(database: str, families: dict[str, Family]) -> pd.DataFrame:
    """Cost of each model on the panel of a warehouse, a row per model."""
    with duckdb.connect(database, read_only=True) as connection:

        def table(name: str) -> duckdb.DuckDBPyRelation:
            return connection.table(f"intermediate.{name}")

        run = run_settings.read(
            settings=table("int_forecast_settings"),
            panel=table("int_forecast_panel"),
            calendar=table("int_forecast_calendar"),
            cutoffs=table("int_forecast_folds"),
            hyperparameters=connection.table("parameters.model_hyperparameters"),
        )
        panel = table("int_forecast_panel").df()
    panel = panel.sort_values([*KEYS, "period_index"], ignore_index=True)
    series = panel.groupby(KEYS).ngroup()
    n_series = int(series.max()) + 1
    few = panel[series % 4 == 0]
    n_few = (n_series + 3) // 4
    planning_period = "day" if run.season_length == WEEK_DAYS else "week"
    rows = []
    for name, family in tqdm(families.items(), desc=planning_period):
        last_fold = run.cutoffs.nlargest(1, "cutoff_index")
        timed(family, run._replace(panel=[lambda: few], cutoffs=last_fold))
        of_few = timed(family, run._replace(panel=[lambda: few]))
        of_all = timed(family, run._replace(panel=[lambda: panel]))
        for model, seconds in sorted(of_all.items()):
            slope = max(seconds - of_few[model], 0) / (n_series - n_few)
            rows.append(
                {
                    "family": name,
                    "model": model,
                    "planning_period": planning_period,
                    "cpu_ms_per_fold": max(seconds - slope * n_series, 0),
                    "cpu_ms_per_series_fold": slope,
                    "series_measured": n_series,
                }
            )
    costs = pd.DataFrame(rows)
    measured = ["cpu_ms_per_fold", "cpu_ms_per_series_fold"]
    costs[measured] = (costs[measured] * 1000 / len(run.cutoffs)).round(3)
    return costs


def timed(family: Family, run: run_settings.Run) -> dict[str, float]:
    """CPU seconds of each model of a family over all folds of a run."""
    spent: dict[str, float] = {}
    started = time.process_time()
    with warnings.catch_warnings(), clocked(spent):
        warnings.simplefilter("ignore")
        family(run)
    shared = time.process_time() - started - sum(spent.values())
    return {name: own + shared / len(spent) for name, own in spent.items()}


@contextmanager
def clocked(spent: dict[str, float]) -> Iterator[None]:
    """Add up the CPU seconds that each model spends inside `protocol.run`."""
    inner = protocol.run

    def clock(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(history: History) -> Any:
            started = time.process_time()
            result = function(history)
            spent[name] = spent.get(name, 0.0) + time.process_time() - started
            return result

        return call

    def run(panel: Any, calendar: Any, cutoffs: Any, horizon: int, models: Any) -> Any:
        def clocked_learner(name: str) -> protocol.Learner:
            learn = clock(name, models[name])
            return lambda history: clock(name, learn(history))

        learners = {name: clocked_learner(name) for name in models}
        return inner(panel, calendar, cutoffs, horizon, learners)

    protocol.run = run
    try:
        yield
    finally:
        protocol.run = inner


if __name__ == "__main__":
    main()
