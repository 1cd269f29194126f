"""Pooled seasonal index: the shape of the year or week, learned from many series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restock.forecasting.history import History
from restock.forecasting.known_means import trailing_mean
from restock.forecasting.seasonal_shape import common_path, season_of
from restock.statistics.arrays import Floats, Indices

# Smallest index: what is divided by it must not explode.
LOWEST_INDEX = 0.1

WEEK_DAYS = 7
YEAR_POSITIONS = 53

# Standard deviation of an index over its positions below which there is no season.
LEAST_SPREAD = 0.05

# Most spans of the past that are left out in turn, fewest periods of each, and fewest
# known periods outside.
MOST_SPANS = 6
SPAN_PERIODS = 26
MIN_OUTSIDE = 26


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
    def learn(
        cls,
        history: History,
        *,
        season_length: int,
        left_out: slice | None = None,
    ) -> SeasonalIndex:
        """Learn the index from what is known at a cutoff.

        Of a year: the common path of all series is parted into trend and season
        (`seasonal_shape`), then that of each category, given the season of all. Of a
        week: means by weekday over the centred mean of a week. Either is drawn to
        none, and a category to all, by what the noise could have made.

        Args:
            history: What is known at the cutoff.
            season_length: Periods in a season: 52 for weeks, 7 for days.
            left_out: Periods that are not looked at.

        Returns:
            The index. All ones where fewer periods than a season and one are known,
            or `MIN_OUTSIDE` beside those left out.

        References:
            Pooling over groups of series: Withycombe, Forecasting with combined
            seasonal indices, International Journal of Forecasting 5, 1989. Drawing to
            none: Miller and Williams, Shrinkage estimators of time series seasonal
            factors, International Journal of Forecasting 19, 2003.
        """
        key = ("season", season_length, str(left_out))
        if key not in history.memo:
            history.memo[key] = cls._learned(history, season_length, left_out)
        return history.memo[key]

    @classmethod
    def _learned(
        cls, history: History, season_length: int, left_out: slice | None
    ) -> SeasonalIndex:
        is_week = season_length == WEEK_DAYS
        ones = np.ones(WEEK_DAYS if is_week else YEAR_POSITIONS)
        known = np.isfinite(history.demand).any(axis=0)
        if known.sum() < season_length + 1:
            return cls({}, ones, season_length)
        demand = history.demand
        if left_out is not None:
            known[left_out] = False
            if known.sum() < MIN_OUTSIDE:
                return cls({}, ones, season_length)
            demand = np.where(known, demand, np.nan)
        positions = position_of(history.period_dates, season_length)
        categories = history.keys["category"].to_numpy()
        learn = _week if is_week else _year
        overall = learn(demand, ones, positions)
        names = np.unique(categories)
        by_category = {
            name: overall
            if len(names) == 1
            else learn(demand[categories == name], overall, positions)
            for name in names
        }
        return cls(by_category, overall, season_length)

    @property
    def has_season(self) -> bool:
        """Whether the index of any category moves by `LEAST_SPREAD` or more."""
        tables = [self.overall, *self.by_category.values()]
        return max(float(table.std()) for table in tables) >= LEAST_SPREAD

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


@dataclass(frozen=True)
class TrainingSeason:
    """Index that a training row is given: learned without its own target.

    A model that learns from an index in which its target had a part trusts it more
    than it deserves. The past is cut into spans of half a year or more; a row is given
    the index of all that lies outside the span of its targets.

    Attributes:
        indices: Index of each span.
        first_of: First period of each span, falling, shape (spans,).
    """

    indices: tuple[SeasonalIndex, ...]
    first_of: Indices

    @classmethod
    def learn(
        cls, history: History, *, season_length: int, ahead: int = 1
    ) -> TrainingSeason:
        """Learn an index for each span of the past.

        Args:
            history: What is known at the cutoff.
            season_length: Periods in a season.
            ahead: Periods in a row's target, the first of which names its span.

        Returns:
            The indices, spans counted back from the cutoff.
        """
        n_periods = history.demand.shape[1]
        length = max(SPAN_PERIODS, -(-n_periods // MOST_SPANS))
        first = np.maximum(np.arange(n_periods - length, -length, -length), 0)
        indices = tuple(
            SeasonalIndex.learn(
                history,
                season_length=season_length,
                left_out=slice(start, stop + ahead - 1),
            )
            for start, stop in zip(first, [n_periods, *first[:-1]], strict=True)
        )
        return cls(indices, first)

    def span_of(self, targets: Indices) -> Indices:
        """Span of the first period of each row's target, shape (rows,)."""
        return (targets[:, None] < self.first_of[None, :]).sum(axis=1)


def _year(
    demand: Floats, known_index: Floats, positions: npt.NDArray[np.intp]
) -> Floats:
    """Index of each week of the year, drawn to the known one, with mean one."""
    factors = np.broadcast_to(known_index[positions], demand.shape)
    season = season_of(common_path(demand, factors), positions, YEAR_POSITIONS)
    index = known_index * np.exp(season)
    return np.maximum(index / index.mean(), LOWEST_INDEX)


def _week(
    demand: Floats, known_index: Floats, positions: npt.NDArray[np.intp]
) -> Floats:
    """Index of each weekday, drawn to the known one, with mean one.

    The part of the spread between weekdays that the spread between weeks explains is
    taken out of it.
    """
    level = _centred_mean(demand, WEEK_DAYS)
    is_used = np.isfinite(demand) & np.isfinite(level) & (level > 0)
    actual = np.where(is_used, demand, 0.0).sum(axis=0)
    usual = np.where(is_used, level, 0.0).sum(axis=0)

    def by_day(values: Floats) -> Floats:
        return np.bincount(positions, values, minlength=WEEK_DAYS)

    total = by_day(usual)
    if (total == 0).any():
        return known_index
    index = by_day(actual) / total
    error = by_day((actual - index[positions] * usual) ** 2) / total**2
    gap = index / index.mean() - known_index
    spread = (gap**2).mean()
    trust = max(1 - error.mean() / spread, 0.0) if spread > 0 else 0.0
    index = known_index + trust * gap
    return np.maximum(index / index.mean(), LOWEST_INDEX)


def _centred_mean(demand: Floats, season_length: int) -> Floats:
    """Mean of the known periods of a season around each; shifted in at the ends."""
    n_periods = demand.shape[1]
    last = np.arange(n_periods) + (season_length - 1) // 2
    means = trailing_mean(demand, window=season_length, least=season_length / 2)
    return means[:, np.clip(last, season_length - 1, n_periods - 1)]
