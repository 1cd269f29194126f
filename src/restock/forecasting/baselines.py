"""Naive forecasts and averages: what every other model has to beat."""

from __future__ import annotations

import numpy as np
import pandas as pd

from restock.forecasting import protocol
from restock.forecasting.history import History
from restock.forecasting.protocol import Model, per_series
from restock.forecasting.seasonal_index import SeasonalIndex
from restock.statistics.arrays import Floats

MODELS = (
    "constant_mean",
    "moving_average",
    "moving_average_seasonal",
    "naive",
    "seasonal_naive",
)


def forecast(
    panel: protocol.Panel,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    *,
    seed: int,
    season_length: int,
    average_window: int,
    seasonal_average_window: int | None = None,
    fallback_window: int = 4,
) -> pd.DataFrame:
    """Forecast with the naive methods and the averages.

    Args:
        panel: See `protocol.run`.
        calendar: See `protocol.run`.
        cutoffs: See `protocol.run`.
        horizon: Number of periods to forecast.
        seed: Not used: nothing here is random. Part of the common signature.
        season_length: Periods in a season: 52 for weeks, 7 for days.
        average_window: Periods of the moving average: 13 weeks, 28 days.
        seasonal_average_window: Periods of the deseasonalised one; None for the same.
        fallback_window: Known periods whose mean stands in where a series is
            younger than a season.

    Returns:
        Rows of `protocol.OUTPUT_SCHEMA` for the models of `MODELS`.

    Raises:
        KeyError: A column is missing.
        ValueError: An input breaks its contract, or a window is below one.
    """
    _ = seed
    return protocol.run(
        panel,
        calendar,
        cutoffs,
        horizon,
        learners(
            season_length=season_length,
            average_window=average_window,
            seasonal_average_window=seasonal_average_window,
            fallback_window=fallback_window,
        ),
    )


def learners(
    *,
    season_length: int,
    average_window: int,
    seasonal_average_window: int | None = None,
    fallback_window: int = 4,
) -> dict[str, protocol.Learner]:
    """Learners of the models of `MODELS`; see `forecast` for the arguments."""
    return {
        "constant_mean": per_series(
            lambda history: moving_average(
                history.demand,
                horizon=history.horizon,
                window=history.demand.shape[1],
            )
        ),
        "naive": per_series(
            lambda history: naive(history.demand, horizon=history.horizon)
        ),
        "seasonal_naive": per_series(
            lambda history: seasonal_naive(
                history.demand,
                horizon=history.horizon,
                season_length=season_length,
                fallback_window=fallback_window,
            )
        ),
        "moving_average": per_series(
            lambda history: moving_average(
                history.demand, horizon=history.horizon, window=average_window
            )
        ),
        "moving_average_seasonal": lambda history: seasonal_average(
            SeasonalIndex.learn(history, season_length=season_length),
            seasonal_average_window or average_window,
        ),
    }


def naive(demand: Floats, *, horizon: int) -> Floats:
    """Repeat the last known period.

    Args:
        demand: Units per period up to the cutoff, shape (series, periods), NaN
            where unknown.
        horizon: Number of periods to forecast.

    Returns:
        Units per period, shape (series, horizon); NaN where a series has no known
        period at all.

    Examples:
        >>> naive(np.array([[1.0, 5.0, np.nan]]), horizon=2)
        array([[5., 5.]])
    """
    return np.repeat(mean_of_last_known(demand, count=1)[:, None], horizon, axis=1)


def seasonal_naive(
    demand: Floats, *, horizon: int, season_length: int, fallback_window: int
) -> Floats:
    """Repeat the same period of the last season in which it is known.

    Args:
        demand: Units per period up to the cutoff, shape (series, periods), NaN
            where unknown.
        horizon: Number of periods to forecast.
        season_length: Periods in a season, one or more.
        fallback_window: Number of latest known periods whose mean is taken where
            no earlier season knows the period, one or more.

    Returns:
        Units per period, shape (series, horizon); NaN where a series has no known
        period at all.

    Raises:
        ValueError: A length is below one.

    Examples:
        A week of three days; the last Tuesday was sold out, so the one before is
        repeated:

        >>> demand = np.array([[1.0, 2.0, 3.0, 4.0, np.nan, 6.0]])
        >>> seasonal_naive(demand, horizon=4, season_length=3, fallback_window=4)
        array([[4., 2., 6., 4.]])

    References:
        Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed.,
        2021, section 5.2.
    """
    _require_positive("season_length", season_length)
    n_series, n_periods = demand.shape
    fallback = mean_of_last_known(demand, count=fallback_window)
    result = np.full((n_series, horizon), np.nan)
    for step in range(1, horizon + 1):
        first_seen = n_periods - 1 + step - season_length * -(-step // season_length)
        for column in range(first_seen, -1, -season_length):
            is_open = np.isnan(result[:, step - 1])
            if not is_open.any():
                break
            result[is_open, step - 1] = demand[is_open, column]
    return np.where(np.isnan(result), fallback[:, None], result)


def moving_average(demand: Floats, *, horizon: int, window: int) -> Floats:
    """Mean of the known periods among the last `window` ones, for every step.

    Periods without stock are left out of numerator and denominator. Where none of
    the last `window` periods is known, the last known ones before are taken.

    Args:
        demand: Units per period up to the cutoff, shape (series, periods), NaN
            where unknown.
        horizon: Number of periods to forecast.
        window: Periods to average, one or more.

    Returns:
        Units per period, shape (series, horizon); NaN where a series has no known
        period at all.

    Raises:
        ValueError: The window is below one.

    Examples:
        >>> demand = np.array([[9.0, 2.0, np.nan, 4.0], [5.0, np.nan, np.nan, np.nan]])
        >>> moving_average(demand, horizon=1, window=3)
        array([[3.],
               [5.]])
    """
    _require_positive("window", window)
    recent = mean_of_last_known(demand[:, -window:], count=window)
    earlier = mean_of_last_known(demand, count=window)
    level = np.where(np.isnan(recent), earlier, recent)
    return np.repeat(level[:, None], horizon, axis=1)


def mean_of_last_known(demand: Floats, *, count: int) -> Floats:
    """Mean of the latest known values of each series.

    Args:
        demand: Units per period, shape (series, periods), NaN where unknown.
        count: Number of known values to average, one or more.

    Returns:
        Mean, shape (series,); NaN where nothing is known.

    Raises:
        ValueError: The count is below one.

    Examples:
        >>> mean_of_last_known(np.array([[1.0, 2.0, np.nan, 4.0]]), count=2)
        array([3.])
    """
    _require_positive("count", count)
    known = np.isfinite(demand)
    age_among_known = np.cumsum(known[:, ::-1], axis=1)[:, ::-1]
    taken = known & (age_among_known <= count)
    counts = taken.sum(axis=1)
    return np.divide(
        np.where(taken, demand, 0.0).sum(axis=1),
        counts,
        out=np.full(len(demand), np.nan),
        where=counts > 0,
    )


def seasonal_average(index: SeasonalIndex, window: int) -> Model:
    """Moving average of deseasonalised demand, times the index of the target.

    Args:
        index: Pooled seasonal index, learned at the cutoff.
        window: Periods to average, one or more.

    Returns:
        Function of a history that returns units per period, shape (series, horizon).
    """

    def model(history: History) -> Floats:
        average = moving_average(
            index.deseasonalised(history), horizon=history.horizon, window=window
        )
        return average * index.ahead(history)

    return model


def _require_positive(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{name} must be 1 or more, got {value}")
