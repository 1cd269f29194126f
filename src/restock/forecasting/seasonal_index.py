"""Pooled seasonal index: the shape of the year or week, learned from many series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restock.forecasting.dense_panel import Floats
from restock.forecasting.history import History

# Known series behind a category's index at a position of the season; with fewer it
# is drawn to the index of all by their share.
FULL_TRUST_SERIES = 30

# Smallest index: what is divided by it must not explode.
LOWEST_INDEX = 0.1


@dataclass(frozen=True)
class SeasonalIndex:
    """Demand of a period over the usual demand, by category.

    A position is the ISO-like week of the year where a season has 52 periods, and
    the weekday where it has 7: what repeats by the calendar, not by counting.

    Attributes:
        by_category: Index of each position, shape (positions,), by category.
        overall: The same of all series, for a category never seen.
        season_length: Periods in a season.
    """

    by_category: dict[str, Floats]
    overall: Floats
    season_length: int

    @classmethod
    def learn(cls, history: History, *, season_length: int) -> SeasonalIndex:
        """Learn the index from what is known at a cutoff.

        Each series is divided by its own centred mean of a season, so that a trend
        is no season; the ratios are pooled, weighted by level, and smoothed over
        neighbouring positions where a season is long.

        Args:
            history: What is known at the cutoff.
            season_length: Periods in a season: 52 for weeks, 7 for days.

        Returns:
            The index. All ones where history does not span one season.

        References:
            Pooling over groups of series: Withycombe, Forecasting with combined
            seasonal indices, International Journal of Forecasting 5, 1989.
        """
        n_positions = 7 if season_length == 7 else 53
        demand = history.demand
        categories = history.keys["category"].to_numpy()
        ones = np.ones(n_positions)
        if demand.shape[1] < season_length + 1:
            return cls({}, ones, season_length)
        level = _centred_mean(demand, season_length)
        is_used = np.isfinite(demand) & np.isfinite(level) & (level > 0)
        positions = position_of(history.period_dates, season_length)
        actual = np.where(is_used, demand, 0.0)
        usual = np.where(is_used, level, 0.0)
        overall, _ = _pooled(actual, usual, positions, n_positions)
        by_category = {}
        for category in np.unique(categories):
            inside = categories == category
            index, count = _pooled(
                actual[inside], usual[inside], positions, n_positions
            )
            trust = count / (count + FULL_TRUST_SERIES)
            by_category[category] = trust * index + (1 - trust) * overall
        return cls(by_category, overall, season_length)

    def at(self, history: History, dates: npt.NDArray[np.datetime64]) -> Floats:
        """Index of each series at given periods.

        Args:
            history: The series.
            dates: First days of periods, shape (periods,).

        Returns:
            Index, shape (series, periods), above zero.
        """
        positions = position_of(dates, self.season_length)
        categories = history.keys["category"].to_numpy()
        found, code = np.unique(categories, return_inverse=True)
        if not len(found):
            return np.ones((0, len(dates)))
        table = np.stack([self.by_category.get(name, self.overall) for name in found])
        return table[code][:, positions]

    def ahead(self, history: History) -> Floats:
        """Index of the periods to forecast, shape (series, horizon)."""
        return self.at(history, history.dates_ahead())

    def deseasonalised(self, history: History) -> Floats:
        """Demand up to the cutoff over its index, shape (series, cutoff + 1)."""
        return history.demand / self.at(history, history.period_dates)


def position_of(
    dates: npt.NDArray[np.datetime64], season_length: int
) -> npt.NDArray[np.intp]:
    """Position of periods in their season.

    Args:
        dates: First days of periods, shape (periods,).
        season_length: 7 for a week of days; anything else is a year.

    Returns:
        Weekday from 0 (Monday), or week of the year from 0 to 52 by the middle of
        the period, shape (periods,).

    Examples:
        >>> position_of(np.array(["2016-01-04", "2016-12-26"], "datetime64[D]"), 52)
        array([ 0, 51])
    """
    days = dates.astype("datetime64[D]")
    if season_length == 7:
        return ((days.astype(np.int64) + 3) % 7).astype(np.intp)
    middle = days + np.timedelta64(3, "D")
    day_of_year = (middle - middle.astype("datetime64[Y]")).astype(np.int64)
    return np.minimum(day_of_year // 7, 52).astype(np.intp)


def _centred_mean(demand: Floats, season_length: int) -> Floats:
    """Mean of the known periods of a season around each; shifted in at the ends."""
    known = np.isfinite(demand)
    n_periods = demand.shape[1]
    sums = np.cumsum(np.where(known, demand, 0.0), axis=1)
    counts = np.cumsum(known, axis=1)
    sums = np.hstack([np.zeros((len(demand), 1)), sums])
    counts = np.hstack([np.zeros((len(demand), 1), dtype=int), counts])
    first = np.clip(
        np.arange(n_periods) - season_length // 2, 0, n_periods - season_length
    )
    total = sums[:, first + season_length] - sums[:, first]
    count = counts[:, first + season_length] - counts[:, first]
    return np.divide(
        total, count, out=np.full_like(total, np.nan), where=count >= season_length / 2
    )


def _pooled(
    actual: Floats, usual: Floats, positions: npt.NDArray[np.intp], n_positions: int
) -> tuple[Floats, Floats]:
    """Index of each position with mean one, and the series behind it."""
    n_actual = np.bincount(positions, actual.sum(axis=0), minlength=n_positions)
    n_usual = np.bincount(positions, usual.sum(axis=0), minlength=n_positions)
    per_period = (usual > 0).sum(axis=0).astype(float)
    count = np.bincount(positions, per_period, minlength=n_positions)
    if n_positions > 7:
        # A week's neighbours share its season: a triangle of three weeks.
        n_actual, n_usual = _around(n_actual), _around(n_usual)
    index = np.divide(n_actual, n_usual, out=np.ones(n_positions), where=n_usual > 0)
    used = n_usual > 0
    mean = index[used].mean() if used.any() else 1.0
    index = np.where(used & (mean > 0), index / (mean if mean > 0 else 1.0), 1.0)
    return np.maximum(index, LOWEST_INDEX), count


def _around(values: Floats) -> Floats:
    return (np.roll(values, 1) + 2 * values + np.roll(values, -1)) / 4
