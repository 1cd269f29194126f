"""restock beside statsforecast and mlforecast: same series, folds, target and metrics.

    python benchmarks/forecasting/against_libraries.py DATABASE [--skip-slow]
    python benchmarks/forecasting/against_libraries.py --generated lumpy --folds 10
    python benchmarks/forecasting/against_libraries.py --grocery FOLDER

DATABASE is a warehouse that `make build` has built; its panel, calendar and horizon
are read, so all get the same demand. Without one a panel is generated
(`generated.demand_of`) or read from the grocery case. Models of statsforecast get the
series as they are, without season, routing or fallback: the plain forms. Cutoffs are
the last weeks, a step apart, that leave the protection interval known. Prints
accuracy on the sum over that interval (WRMSSE, WAPE, bias, pinball at 0.83 and 0.95,
coverage of 80 and 95 %) and CPU seconds over all folds. Intervals of every model are
made the same way, from its own scaled errors of earlier cutoffs.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import generated
import lightgbm
import mlforecast
import numpy as np
import pandas as pd
import statsforecast
from mlforecast.lag_transforms import RollingMean, RollingStd
from statsforecast import models as local
from tqdm import tqdm

from restock.forecasting import (
    arima,
    arima_orders,
    baselines,
    boosting,
    combination,
    forest,
    intermittent,
    linear,
    lstm,
    run_settings,
    smoothing,
)

PINBALL_LEVELS = (0.83, 0.95)
INTERVALS = (0.8, 0.95)

# Series of most value that ARIMA is fitted to.
ARIMA_SERIES = 60

# As in the line-up; see `int_forecasts_combined`.
NOT_COMBINED = frozenset(
    {
        *("ces", "constant_mean", "croston", "ets", "imapa", "moving_average"),
        *("naive", "seasonal_naive", "theta"),
    }
)
PRIOR = frozenset({"boosting_tweedie", "linear_regression", "random_forest"})

# Earlier cutoffs whose errors make an interval.
ERROR_FOLDS = 8


@dataclass(frozen=True)
class Case:
    """What every contestant is given.

    Attributes:
        run: Panel, calendar and folds, as the families take them.
        steps: Periods of the protection interval, whole ones.
        long: Known demand, gaps filled with the trailing mean: unique_id, ds, y.
        actual: Sum that came, by series and cutoff; only where all of it is known.
        weight: Value of a year's demand of each series.
        scale: Mean squared step of each series before the first cutoff, per period.
    """

    run: run_settings.Run
    steps: int
    long: pd.DataFrame
    actual: pd.DataFrame
    weight: pd.Series
    scale: pd.Series


def main() -> None:
    """Run all contestants and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database", nargs="?")
    parser.add_argument("--generated", choices=generated.KINDS)
    parser.add_argument("--grocery", type=Path, help="folder of its files of week 0")
    parser.add_argument("--seed", type=int, default=11, help="of a generated panel")
    parser.add_argument("--series", type=int, default=generated.N_SERIES)
    parser.add_argument("--steps", type=int, default=4, help="periods of a sum there")
    parser.add_argument("--folds", type=int, default=13)
    parser.add_argument("--step", type=int, default=2)
    parser.add_argument("--skip-slow", action="store_true")
    parser.add_argument("--only", help="contestants whose names hold one of the words")
    arguments = parser.parse_args()
    case = chosen_case(arguments)
    rows = []
    contestants = {
        **restock_families(),
        **mlforecast_models(),
        **statsforecast_models(arguments.skip_slow),
    }
    if arguments.only:
        words = arguments.only.split(",")
        contestants = {
            name: contestant
            for name, contestant in contestants.items()
            if any(word in name for word in words)
        }
    found_so_far = []
    for name, contestant in tqdm(contestants.items(), desc="contestants"):
        started = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            forecasts = contestant(case)
        seconds = time.process_time() - started
        for model, found in forecasts.groupby("model"):
            rows.append({"model": model, **measure(case, found), "cpu_s": seconds})
            if name.startswith("restock"):
                found_so_far.append(found)
    if found_so_far:
        mixed = combined(case, pd.concat(found_so_far))
        for model, found in mixed.groupby("model"):
            rows.append({"model": model, **measure(case, found)})
    table = pd.DataFrame(rows).sort_values("wrmsse", ignore_index=True)
    # ruff: noqa: T201
    print(
        f"{case.actual['series'].nunique()} series, "
        f"{case.actual['cutoff_index'].nunique()} folds, "
        f"sums over {case.steps} periods; CPU seconds of a family are those of all"
        f" its models"
    )
    print(table.round(3).to_string(index=False))


def chosen_case(arguments: argparse.Namespace) -> Case:
    """The case that the command line names."""
    folds, step = arguments.folds, arguments.step
    if arguments.database:
        return read(arguments.database, folds, step)
    if arguments.grocery:
        demand, ids, first_week = generated.grocery(arguments.grocery)
    elif arguments.generated:
        demand = generated.demand_of(
            arguments.generated, seed=arguments.seed, n_series=arguments.series
        )
        ids, first_week = generated.ids_of(len(demand)), generated.FIRST_WEEK
    else:
        raise SystemExit("name a DATABASE, --generated or --grocery")
    run = generated.run_of(demand, ids, first_week, horizon=arguments.steps)
    return case_of(run, folds, step)


def read(database: str, folds: int, step: int) -> Case:
    """The case that a warehouse holds."""
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
    return case_of(run._replace(panel=[lambda: panel]), folds, step)


def case_of(run: run_settings.Run, folds: int, step: int) -> Case:
    """Folds, actuals and weights of a run."""
    panel, calendar = run.panel[0](), run.calendar
    steps = run.backtest_horizon
    last = int(calendar.loc[calendar["is_complete_period"], "period_index"].max())
    indices = [last - steps - step * fold for fold in range(folds)][::-1]
    ends = calendar.set_index("period_index")["period_end_date"]
    cutoffs = pd.DataFrame(
        {
            "cutoff_index": indices,
            "cutoff_date": pd.to_datetime([ends[index] for index in indices]),
            "fold_role": "select",
        }
    )
    run = run._replace(cutoffs=cutoffs, horizon=steps)
    panel = panel.sort_values(["location_id", "product_id", "period_index"])
    panel["series"] = panel["location_id"] + "|" + panel["product_id"]
    past = panel[panel["period_index"] <= last]
    past = past.groupby("series").filter(
        lambda part: part["period_index"].min() <= indices[0] - 2 * steps
    )
    trailing = (
        past.groupby("series")["demand_units"]
        .rolling(13, min_periods=1)
        .mean()
        .reset_index(level=0, drop=True)
    )
    long = pd.DataFrame(
        {
            "unique_id": past["series"],
            "ds": past["period_date"],
            "period_index": past["period_index"],
            "y": past["demand_units"].fillna(trailing).fillna(0.0),
        }
    )
    wide = past.pivot_table(
        index="series", columns="period_index", values="demand_units", dropna=False
    ).reindex(columns=range(int(past["period_index"].min()), last + 1))
    actual = pd.concat(
        [
            pd.DataFrame(
                {
                    "series": wide.index.to_numpy(),
                    "cutoff_index": index,
                    "actual": wide.loc[:, index + 1 : index + steps]
                    .sum(axis=1, min_count=steps)
                    .to_numpy(),
                }
            )
            for index in indices
        ]
    ).dropna()
    before = wide.loc[:, : indices[0]]
    year = before.iloc[:, -run.season_length :]
    value = past.groupby("series")["weight_value"].last()
    scale = (before.diff(axis=1) ** 2).mean(axis=1)
    return Case(run, steps, long, actual, year.sum(axis=1) * value, scale)


def measure(case: Case, forecasts: pd.DataFrame) -> dict[str, float]:
    """Accuracy of forecast sums: series, cutoff_index, forecast."""
    rows = case.actual.merge(forecasts, on=["series", "cutoff_index"])
    rows["scaled"] = (rows["actual"] - rows["forecast"]) / np.sqrt(
        rows["forecast"] + 0.1
    )
    error = rows["actual"] - rows["forecast"]
    squared = error.pow(2).groupby(rows["series"]).mean() / case.steps
    rmsse = np.sqrt(squared / case.scale.replace(0, np.nan)).dropna()
    weight = case.weight.reindex(rmsse.index)
    result = {
        "rows": len(rows),
        "wrmsse": float((rmsse * weight).sum() / weight.sum()),
        "wape": float(error.abs().sum() / rows["actual"].sum()),
        "bias": float(-error.sum() / rows["actual"].sum()),
    }
    quantiles = with_quantiles(case, rows)
    for level in PINBALL_LEVELS:
        gap = quantiles["actual"] - quantiles[level]
        result[f"pinball_{level}"] = float(
            np.maximum(level * gap, (level - 1) * gap).mean()
        )
    for share in INTERVALS:
        low, high = (1 - share) / 2, (1 + share) / 2
        result[f"cover_{share}"] = float(
            quantiles["actual"].between(quantiles[low], quantiles[high]).mean()
        )
    return result


def with_quantiles(case: Case, rows: pd.DataFrame) -> pd.DataFrame:
    """Quantiles of the sum from scaled errors of earlier cutoffs, by level."""
    levels = sorted(
        {
            *PINBALL_LEVELS,
            *((1 + sign * share) / 2 for share in INTERVALS for sign in (-1, 1)),
        }
    )
    pieces = []
    for cutoff in sorted(rows["cutoff_index"].unique()):
        known = rows[rows["cutoff_index"] <= cutoff - case.steps]
        recent = sorted(known["cutoff_index"].unique())[-ERROR_FOLDS:]
        known = known[known["cutoff_index"].isin(recent)]
        if len(recent) < 3:
            continue
        now = rows[rows["cutoff_index"] == cutoff].copy()
        edges = np.quantile(known["forecast"], np.linspace(0, 1, 9)[1:-1])
        now_bucket = np.searchsorted(edges, now["forecast"])
        known_bucket = np.searchsorted(edges, known["forecast"])
        for level in levels:
            by_bucket = known["scaled"].groupby(known_bucket).quantile(level)
            spread = by_bucket.reindex(now_bucket).to_numpy()
            spread = np.where(np.isnan(spread), known["scaled"].quantile(level), spread)
            now[level] = np.maximum(
                now["forecast"] + spread * np.sqrt(now["forecast"] + 0.1), 0.0
            )
        pieces.append(now)
    return pd.concat(pieces)


def combined(case: Case, found: pd.DataFrame) -> pd.DataFrame:
    """Combination of restock's sums, weighed on cutoffs that had closed by then."""
    rows = found.merge(case.actual, on=["series", "cutoff_index"], how="left")
    known_index = rows["cutoff_index"] + case.steps
    ends = case.run.calendar.set_index("period_index")["period_end_date"]
    ids = rows["series"].str.split("|", n=1, expand=True)
    level = rows.groupby(["series", "cutoff_index"])["forecast"].transform("mean")
    rows = pd.DataFrame(
        {
            "location_id": ids[0],
            "product_id": ids[1],
            "cutoff_date": pd.to_datetime(rows["cutoff_index"].map(ends)),
            "forecast_date": pd.to_datetime(known_index.map(ends)),
            "known_date": pd.to_datetime(known_index.map(ends)),
            "horizon": 1,
            "model": rows["model"].str.removeprefix("restock "),
            "segment": "all",
            "fold_role": "select",
            "forecast_units": rows["forecast"],
            "actual_units": rows["actual"],
            "scale_units": np.maximum(level, 0.1),
        }
    )
    weights = combination.weights_table(
        [lambda: rows.dropna(subset="actual_units")],
        rows[["cutoff_date"]].drop_duplicates(),
        models=rows[["model"]].drop_duplicates(),
        exclude=NOT_COMBINED,
        prior=PRIOR,
    )
    segments = rows[["location_id", "product_id", "segment"]].drop_duplicates()
    by_cutoff = [part for _, part in rows.groupby("cutoff_date")]
    result = pd.concat(
        combination.combine(
            [lambda part=part: part for part in by_cutoff], weights, segments
        )
    )
    index = {date: number for number, date in pd.to_datetime(ends).items()}
    return pd.DataFrame(
        {
            "series": result["location_id"] + "|" + result["product_id"],
            "cutoff_index": pd.to_datetime(result["cutoff_date"]).map(index),
            "forecast": result["forecast_units"],
            "model": "restock combination",
        }
    )


Contestant = Callable[[Case], pd.DataFrame]


def restock_families() -> dict[str, Contestant]:
    """Families of restock, each with its defaults."""

    def family(forecast: Callable[..., pd.DataFrame], arguments: str, case: Case):
        given = getattr(case.run, arguments)
        names = {linear.forecast: "linear_regression", forest.forecast: "random_forest"}
        result = forecast(**(given(names[forecast]) if forecast in names else given()))
        index = case.run.cutoffs.set_index("cutoff_date")["cutoff_index"]
        result["cutoff_index"] = pd.to_datetime(result["cutoff_date"]).map(index)
        result["series"] = result["location_id"] + "|" + result["product_id"]
        sums = result.groupby(["model", "series", "cutoff_index"])["forecast_units"]
        return (
            sums.sum()
            .reset_index(name="forecast")
            .assign(model=lambda f: "restock " + f["model"])
        )

    def searched_arima(**tables) -> pd.DataFrame:
        shared = {k: v for k, v in tables.items() if k != "seed"}
        orders = arima_orders.search(**shared, search_every=26, max_series=ARIMA_SERIES)
        return arima.forecast(**tables, orders=orders)

    return {
        "restock baselines": partial(family, baselines.forecast, "of_baselines"),
        "restock intermittent": partial(family, intermittent.forecast, "tables"),
        "restock smoothing": partial(family, smoothing.forecast, "tables"),
        "restock arima": partial(family, searched_arima, "tables"),
        "restock linear": partial(family, linear.forecast, "of_global_model"),
        "restock forest": partial(family, forest.forecast, "of_global_model"),
        "restock boosting": partial(family, boosting.forecast, "of_family"),
        "restock lstm": partial(family, lstm.forecast, "of_lstm"),
    }


def statsforecast_models(skip_slow: bool) -> dict[str, Contestant]:
    """Models of statsforecast with their defaults, one contestant each."""

    def contestant(make: Callable[[int], object], name: str, case: Case):
        pieces = []
        season = case.run.season_length
        for cutoff in case.run.cutoffs["cutoff_index"]:
            known = case.long[case.long["period_index"] <= cutoff]
            engine = statsforecast.StatsForecast(
                models=[make(season)],
                freq=1,
                n_jobs=1,
                fallback_model=local.SeasonalNaive(1),
            )
            found = engine.forecast(
                df=known[["unique_id", "period_index", "y"]].rename(
                    columns={"period_index": "ds"}
                ),
                h=case.steps,
            )
            column = found.columns[-1]
            sums = found.groupby("unique_id")[column].sum().clip(lower=0)
            pieces.append(
                pd.DataFrame(
                    {
                        "series": sums.index,
                        "cutoff_index": cutoff,
                        "forecast": sums.to_numpy(),
                        "model": f"statsforecast {name}",
                    }
                )
            )
        return pd.concat(pieces)

    fast = {
        "SeasonalNaive": lambda m: local.SeasonalNaive(m),
        "WindowAverage": lambda m: local.WindowAverage(13 if m == 52 else 28),
        "SESOptimized": lambda m: local.SimpleExponentialSmoothingOptimized(),
        "CrostonSBA": lambda m: local.CrostonSBA(),
        "TSB": lambda m: local.TSB(0.1, 0.1),
        "IMAPA": lambda m: local.IMAPA(),
        "AutoETS": lambda m: local.AutoETS(season_length=m if m < 24 else 1),
        "AutoCES": lambda m: local.AutoCES(season_length=m if m < 24 else 1),
        "DynamicOptimizedTheta": lambda m: local.DynamicOptimizedTheta(
            season_length=m if m < 24 else 1
        ),
    }
    slow = {
        "AutoARIMA": lambda m: local.AutoARIMA(
            season_length=m if m < 24 else 1, approximation=True, nmodels=20
        ),
        "MSTL": lambda m: local.MSTL(season_length=m),
    }
    chosen = fast if skip_slow else {**fast, **slow}
    return {
        f"statsforecast {name}": partial(contestant, make, name)
        for name, make in chosen.items()
    }


def mlforecast_models() -> dict[str, Contestant]:
    """LightGBM of mlforecast with the usual lags, recursive."""

    def contestant(case: Case) -> pd.DataFrame:
        pieces = []
        weekly = case.run.season_length == 52
        lags = [1, 2, 3, 4, 13, 52] if weekly else [1, 7, 14, 28, 364]
        windows = (4, 13) if weekly else (7, 28)
        transforms = {
            1: [
                *(RollingMean(window_size=w, min_samples=1) for w in windows),
                *(RollingStd(window_size=w, min_samples=2) for w in windows),
            ]
        }
        for cutoff in case.run.cutoffs["cutoff_index"]:
            known = case.long[case.long["period_index"] <= cutoff]
            engine = mlforecast.MLForecast(
                models=[lightgbm.LGBMRegressor(verbosity=-1, num_threads=1)],
                freq="W-MON" if weekly else "D",
                lags=lags,
                lag_transforms=transforms,
                date_features=["week"] if weekly else ["dayofweek", "week"],
                num_threads=1,
            )
            engine.fit(known[["unique_id", "ds", "y"]], dropna=False)
            found = engine.predict(case.steps)
            sums = found.groupby("unique_id")["LGBMRegressor"].sum().clip(lower=0)
            pieces.append(
                pd.DataFrame(
                    {
                        "series": sums.index,
                        "cutoff_index": cutoff,
                        "forecast": sums.to_numpy(),
                        "model": "mlforecast LightGBM",
                    }
                )
            )
        return pd.concat(pieces)

    return {"mlforecast LightGBM": contestant}


if __name__ == "__main__":
    main()
