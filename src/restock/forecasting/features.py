"""Features that the global models are shown.

A global model learns one function of (features as of an origin, plans and calendar
of the target, step) from all series together; `panel_rows` says from which rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import chain, compress
from typing import NamedTuple

import numpy as np

from restock.forecasting import signals
from restock.forecasting.history import History
from restock.forecasting.known_means import trailing_mean
from restock.forecasting.panel_rows import (
    Rows,
    forecast_rows,
    scaled_targets,
    training_rows,
)
from restock.forecasting.seasonal_index import SeasonalIndex, TrainingSeason
from restock.statistics.arrays import Floats, Indices

DAYS_PER_WEEK = 7

# Calendar features that say where in the year a period lies.
OF_THE_YEAR = ("calendar_year_", "calendar_half_year_")

Block = tuple[tuple[str, ...], Floats]

PREDICT_ROWS = 500_000


class Columns(NamedTuple):
    """Feature values of rows and what they are called.

    Attributes:
        names: Names, shape (columns,).
        values: Values, shape (rows, columns), NaN where unknown.
    """

    names: tuple[str, ...]
    values: Floats


@dataclass(frozen=True, eq=False)
class Design:
    """What a global model is shown of a row.

    Attributes:
        season: Pooled seasonal index, learned at the cutoff.
        training_season: The same without a training row's own target.
        windows: Periods of the deseasonalised averages, short to long.
        n_lags: Latest deseasonalised periods that are shown one by one.
    """

    season: SeasonalIndex
    training_season: TrainingSeason
    windows: tuple[int, ...]
    n_lags: int = 0

    @classmethod
    def learn(
        cls,
        history: History,
        *,
        season_length: int,
        windows: tuple[int, ...] | None = None,
        n_lags: int = 0,
    ) -> Design:
        """Learn the seasonal index of a history.

        Args:
            history: What is known at the cutoff.
            season_length: Periods in a season.
            windows: Periods of the averages; None for `usual_windows`.
            n_lags: Latest periods to show one by one, zero or more.

        Returns:
            The design; the same one whenever it is asked for.
        """
        if windows is None:
            windows = usual_windows(season_length)
        key = ("design", season_length, tuple(windows), n_lags)
        if key not in history.memo:
            history.memo[key] = cls(
                season=SeasonalIndex.learn(history, season_length=season_length),
                training_season=TrainingSeason.learn(
                    history, season_length=season_length
                ),
                windows=windows,
                n_lags=n_lags,
            )
        return history.memo[key]

    def values(self, history: History, rows: Rows) -> Floats:
        """Feature values of rows.

        Args:
            history: What is known at the cutoff.
            rows: Rows to describe.

        Returns:
            Values of `columns`, shape (rows, columns).
        """
        return self.columns(history, rows).values

    def columns(self, history: History, rows: Rows) -> Columns:
        """Feature values of rows with their names.

        Args:
            history: What is known at the cutoff.
            rows: Rows to describe.

        Returns:
            `lag_` and `static_` columns as of the origin, `known_` and `calendar_`
            columns of the target, demand of the target's period last season and the
            mean of its neighbourhood, both over scale, the seasonal index of the
            target, deseasonalised averages and latest periods times that index over
            scale, the effects of signals, the logarithm of scale, and the step as a
            share of the horizon.
        """
        target = rows.close + rows.step
        blocks = [
            (
                history.feature_names("lag_"),
                history.lag_features(rows.series, rows.origin),
            ),
            (
                history.feature_names("static_"),
                history.static_features(rows.series, rows.origin),
            ),
            (
                history.feature_names("known_"),
                history.known_features(rows.series, target, rows.close),
            ),
            self._calendar(history, target, rows.series),
            (
                ("last_season", "last_season_around"),
                last_season(
                    history.demand, rows, season_length=self.season.season_length
                ),
            ),
            (
                (
                    "seasonal_index",
                    *(f"seasonal_mean_{window}" for window in self.windows),
                    *(f"seasonal_lag_{lag}" for lag in range(self.n_lags)),
                ),
                self._seasonal_levels(history, rows),
            ),
            (
                tuple(f"effect_{name}" for name in history.signal_names),
                signals.effects(history, rows.series, rows.close, rows.step),
            ),
            (("log_scale",), np.log1p(np.maximum(rows.scale, 0.0))[:, None]),
            (("step_share",), (rows.step / history.horizon)[:, None]),
        ]
        names, values = zip(*blocks, strict=True)
        return Columns(tuple(chain.from_iterable(names)), np.hstack(values))

    def _calendar(self, history: History, target: Indices, series: Indices) -> Block:
        """Calendar of the targets, without the year where it has no season.

        Two or three years are as many draws of a week: where all series together show
        no season, what trees find there is the noise that those weeks shared.
        """
        names = history.feature_names("calendar_")
        values = history.calendar_features(target, series)
        if self.season.season_length == DAYS_PER_WEEK or self.season.has_season:
            return names, values
        kept = [not name.startswith(OF_THE_YEAR) for name in names]
        return tuple(compress(names, kept)), values[:, kept]

    def _seasonal_levels(self, history: History, rows: Rows) -> Floats:
        """Index of the target, and averages as they would be in its season.

        Rows whose target is known are given the index that was learned without it.
        """
        values = np.empty((len(rows.series), 1 + len(self.windows) + self.n_lags))
        target = rows.close + rows.step
        span = np.where(
            target > history.cutoff, -1, self.training_season.span_of(target)
        )
        for found in np.unique(span):
            season = self.season if found < 0 else self.training_season.indices[found]
            asked = np.flatnonzero(span == found)
            values[asked] = self._levels_in(season, history, rows.take(asked))
        return values

    def _levels_in(self, season: SeasonalIndex, history: History, rows: Rows) -> Floats:
        """The same, all rows by one index."""
        dates = np.concatenate([history.period_dates, history.dates_ahead()])
        index = season.at(history, dates)[rows.series, rows.close + rows.step]
        level = season.deseasonalised(history)
        scale = np.where(rows.scale > 0, rows.scale, np.nan)
        averages = [
            trailing_mean(level, window=window)[rows.series, rows.close] * index / scale
            for window in self.windows
        ]
        latest = []
        for lag in range(self.n_lags):
            column = rows.close - lag
            shown = level[rows.series, np.maximum(column, 0)] * index / scale
            latest.append(np.where(column >= 0, shown, np.nan))
        return np.column_stack([index, *averages, *latest])


def usual_windows(season_length: int) -> tuple[int, ...]:
    """Periods of the deseasonalised averages where none are given.

    Args:
        season_length: Periods in a season.

    Returns:
        4, 13 and 52 weeks, or 7, 28 and 91 days.
    """
    return (7, 28, 91) if season_length == DAYS_PER_WEEK else (4, 13, 52)


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a global model learns from at a cutoff.

    Attributes:
        design: What the model is shown.
        rows: Training rows.
        names: Names of the features, shape (columns,).
        shown: Their values, shape (rows, columns).
        targets: Ratio to scale, shape (rows,).
    """

    design: Design
    rows: Rows
    names: tuple[str, ...]
    shown: Floats
    targets: Floats


def lesson(
    history: History,
    *,
    seed: int,
    season_length: int,
    max_rows: int,
    windows: tuple[int, ...] | None = None,
    n_lags: int = 0,
) -> Lesson:
    """Draw training rows and describe them.

    Models that ask a history for the same lesson one after another share it.

    Args:
        history: What is known at the cutoff.
        seed: Seed of the draw of training rows.
        season_length: Periods in a season.
        max_rows: Cap on training rows.
        windows: See `Design.learn`.
        n_lags: See `Design.learn`.

    Returns:
        The lesson.
    """
    design = Design.learn(
        history, season_length=season_length, windows=windows, n_lags=n_lags
    )

    def drawn() -> Lesson:
        rows = training_rows(history, max_rows=max_rows, seed=seed)
        names, values = design.columns(history, rows)
        return Lesson(design, rows, names, values, scaled_targets(history, rows))

    return history.latest("lesson", (design, seed, max_rows), drawn)


@dataclass(frozen=True)
class ModelOfRatios:
    """A function of feature values as a model of units.

    Attributes:
        predict: Function of rows and their feature values that returns ratios to
            scale, shape (rows,).
        design: What the model is shown.
    """

    predict: Callable[[Rows, Floats], Floats]
    design: Design

    def units(self, rows: Rows, values: Floats) -> Floats:
        """Forecast rows from their feature values.

        Args:
            rows: Rows to forecast.
            values: Their feature values, as `design` gives them.

        Returns:
            Units per period, shape (rows,).
        """
        return self.predict(rows, values) * rows.scale

    def __call__(self, history: History) -> Floats:
        """Forecast every step of every series.

        Args:
            history: What is known at the cutoff.

        Returns:
            Units per period, shape (series, horizon); NaN for series that are not
            forecast.
        """
        units = np.full((len(history.level), history.horizon), np.nan)
        all_series = np.flatnonzero(history.is_forecast)
        n_chunks = max(-(-len(all_series) * history.horizon // PREDICT_ROWS), 1)
        for chunk, series in enumerate(np.array_split(all_series, n_chunks)):
            rows = forecast_rows(history, series)
            values = history.latest(
                "rows ahead",
                (self.design, chunk),
                partial(self.design.values, history, rows),
            )
            units[series] = self.units(rows, values).reshape(
                len(series), history.horizon
            )
        return units


def last_season(demand: Floats, rows: Rows, *, season_length: int) -> Floats:
    """Demand around the target's period in the last complete season, over scale.

    Args:
        demand: Units per period up to the cutoff, shape (series, periods).
        rows: Rows to describe.
        season_length: Periods in a season, one or more.

    Returns:
        Shape (rows, 2): the period itself, and the mean of the known ones among it
        and its two neighbours. NaN where unknown at the close of the row.

    Raises:
        ValueError: The season is shorter than one period.
    """
    if season_length < 1:
        raise ValueError(f"season_length must be 1 or more, got {season_length}")
    seasons_back = -(-rows.step // season_length)
    middle = rows.close + rows.step - season_length * seasons_back
    around = np.full((len(middle), 3), np.nan)
    for position, shift in enumerate((-1, 0, 1)):
        column = middle + shift
        is_readable = (column >= 0) & (column <= rows.close)
        around[is_readable, position] = demand[
            rows.series[is_readable], column[is_readable]
        ]
    known = np.isfinite(around)
    counts = known.sum(axis=1)
    mean = np.divide(
        np.where(known, around, 0.0).sum(axis=1),
        counts,
        out=np.full(len(middle), np.nan),
        where=counts > 0,
    )
    values = np.column_stack([around[:, 1], mean])
    has_scale = rows.scale > 0
    values[~has_scale] = np.nan
    values[has_scale] /= rows.scale[has_scale, None]
    return values
