"""Why an LSTM fails and what makes it work, one step at a time.

    python benchmarks/forecasting/lstm_ablation.py DATABASE [--epochs N] [--windows N]

DATABASE is a warehouse that `make build` has built. The reference architecture is
trained once, at the first test cutoff, in six ways that add one thing each, and scored
on the sum over the protection interval at all test cutoffs, beside the naive forecasts.
Prints one table; progress goes to stderr.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time

import duckdb
import numpy as np
import pandas as pd

from restock.forecasting import baselines, dense_panel, lstm_network, sequences
from restock.forecasting.history import History
from restock.forecasting.seasonal_index import SeasonalIndex, TrainingSeason
from restock.forecasting.sequences import Windows

WINDOW = lstm_network.REFERENCE.window


@dataclasses.dataclass(frozen=True)
class Variant:
    """One way of training.

    Attributes:
        name: What it adds to the one before.
        is_scaled: Each window over its own mean, logarithm taken; else all demand
            over its largest value.
        is_deseasonalised: Pooled season taken out first.
        is_split_by_time: Validation on the latest windows; else on random ones.
        loss: Of `lstm_network.Architecture`.
        is_sum: Target is the mean of the interval; else the next period.
    """

    name: str
    is_scaled: bool = True
    is_deseasonalised: bool = True
    is_split_by_time: bool = True
    loss: str = "squared"
    is_sum: bool = False


VARIANTS = (
    Variant("min-max, squared error, random split", False, False, False),
    Variant("+ split by time", False, False),
    Variant("+ each window over its mean", True, False),
    Variant("+ deseasonalised"),
    Variant("+ Tweedie loss", loss="tweedie"),
    Variant("+ target is the interval", loss="tweedie", is_sum=True),
)


def main() -> None:
    """Train all variants and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--windows", type=int, default=6000)
    arguments = parser.parse_args()
    histories, actuals, season_length, steps = read(arguments.database)
    rows = []
    for variant in VARIANTS:
        started = time.process_time()
        forecasts = fit(
            variant,
            histories,
            season_length,
            steps,
            arguments.epochs,
            arguments.windows,
        )
        seconds = time.process_time() - started
        rows.append({"variant": variant.name, **score(histories, actuals, forecasts)})
        rows[-1]["cpu_s"] = seconds
        sys.stderr.write(f"{variant.name}: {seconds:.0f} CPU s\n")
    simple = {
        "seasonal naive": lambda demand: baselines.seasonal_naive(
            demand, horizon=steps, season_length=season_length, fallback_window=4
        ),
        "naive": lambda demand: baselines.naive(demand, horizon=steps),
    }
    for name, method in simple.items():
        sums = [method(history.demand).sum(axis=1) for history in histories]
        rows.append({"variant": name, **score(histories, actuals, sums), "cpu_s": 0.0})
    # ruff: noqa: T201
    print(pd.DataFrame(rows).round(3).to_string(index=False))


def read(
    database: str,
) -> tuple[list[History], list[np.ndarray], int, int]:
    """Histories of the test cutoffs, the sums that came, season and interval."""
    with duckdb.connect(database, read_only=True) as connection:

        def table(name: str) -> pd.DataFrame:
            return connection.sql(f"select * from intermediate.{name}").df()

        settings = table("int_forecast_settings").iloc[0]
        panel, calendar = table("int_forecast_panel"), table("int_forecast_calendar")
        cutoffs = table("int_forecast_folds")
    steps = int(settings["backtest_horizon_periods"])
    cutoffs = cutoffs[cutoffs["fold_role"] == "test"].sort_values("cutoff_index")
    dense = dense_panel.read(panel, calendar, cutoffs, steps)
    columns = [int(index) - dense.first_index for index in cutoffs["cutoff_index"]]
    histories = [History(dense, column, steps) for column in columns]
    actuals = [
        dense.demand[:, column + 1 : column + 1 + steps].sum(axis=1)
        for column in columns
    ]
    return histories, actuals, int(settings["season_length_periods"]), steps


def fit(
    variant: Variant,
    histories: list[History],
    season_length: int,
    steps: int,
    epochs: int,
    max_windows: int,
) -> list[np.ndarray]:
    """Train at the first cutoff; forecast the sum at every one, shape (series,)."""
    first = histories[0]
    season = SeasonalIndex.learn(first, season_length=season_length)
    ahead = steps if variant.is_sum else 1
    training_season = TrainingSeason.learn(
        first, season_length=season_length, ahead=ahead
    )
    if not variant.is_deseasonalised:
        season = SeasonalIndex({}, np.ones_like(season.overall), season_length)
        training_season = TrainingSeason((season,), np.zeros(1, dtype=np.intp))
    largest = float(np.nanmax(first.demand))
    windows = sequences.training_windows(
        first,
        training_season,
        length=WINDOW,
        ahead=ahead,
        max_windows=max_windows,
        seed=7,
    )
    if not variant.is_scaled:
        windows = in_units(windows, largest)
    if not variant.is_split_by_time:
        order = np.random.default_rng(7).permutation(len(windows.target))
        windows = take(windows, order)
        windows = dataclasses.replace(windows, close=np.arange(len(order)))
    architecture = dataclasses.replace(lstm_network.REFERENCE, loss=variant.loss)
    network = lstm_network.train(
        windows, architecture, epochs=epochs, seed=7, name=variant.name
    ).network
    sums = []
    for history in histories:
        series = np.arange(len(history.level))
        asked = sequences.windows_at(
            sequences.levels(history, season),
            series,
            np.full(len(series), history.cutoff),
            length=WINDOW,
            ahead=ahead,
        )
        if not variant.is_scaled:
            asked = in_units(asked, largest)
        raw = network.predict(asked.inputs[:, :, None].astype("f4"), verbose=0)[:, 0]
        ratio = np.logaddexp(0, raw) if variant.loss == "tweedie" else raw
        level = np.maximum(ratio, 0) * asked.scale
        sums.append((level[:, None] * season.ahead(history)).sum(axis=1))
    return sums


def in_units(windows: Windows, largest: float) -> Windows:
    """Windows over the largest demand instead of their own mean."""
    return dataclasses.replace(
        windows,
        inputs=np.expm1(windows.inputs) * windows.scale[:, None] / largest,
        target=windows.target * windows.scale / largest,
        scale=np.full_like(windows.scale, largest),
    )


def take(windows: Windows, order: np.ndarray) -> Windows:
    """Windows in another order."""
    return Windows(
        *(getattr(windows, field.name)[order] for field in dataclasses.fields(Windows))
    )


def score(
    histories: list[History],
    actuals: list[np.ndarray],
    forecasts: list[np.ndarray],
) -> dict[str, float]:
    """RMSE, WAPE, bias of the sums and RMSSE weighted by value."""
    actual, forecast = np.array(actuals), np.array(forecasts)
    error = np.where(np.isfinite(forecast), actual - forecast, np.nan)
    known = np.isfinite(error)
    history = histories[0]
    step = np.nanmean(np.diff(history.demand, axis=1) ** 2, axis=1)
    mean = np.divide(
        np.where(known, error**2, 0).sum(axis=0),
        known.sum(axis=0),
        out=np.full(error.shape[1], np.nan),
        where=known.any(axis=0),
    )
    rmsse = np.sqrt(mean / history.horizon / np.where(step > 0, step, np.nan))
    weight = history.level * history.unit_values[:, -1]
    usable = np.isfinite(rmsse) & np.isfinite(weight)
    return {
        "rmse_units": float(np.sqrt((error[known] ** 2).mean())),
        "wape": float(np.abs(error[known]).sum() / actual[known].sum()),
        "bias": float(-error[known].sum() / actual[known].sum()),
        "wrmsse": float((rmsse[usable] * weight[usable]).sum() / weight[usable].sum()),
    }


if __name__ == "__main__":
    main()
