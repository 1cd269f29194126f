"""Training and forecast rows of the global models.

A global model learns one function of (features as of an origin, plans and calendar
of the target, step) from all series together. Targets are divided by the scale of
their series, so that a slow and a fast seller teach the same shape, and rows are
weighted by that scale, so that errors still count in units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from restock.forecasting import signals
from restock.forecasting.dense_panel import Floats, Indices
from restock.forecasting.history import History
from restock.forecasting.seasonal_index import SeasonalIndex

DAYS_PER_YEAR = 365
DAYS_PER_WEEK = 7

PREDICT_ROWS = 500_000


@dataclass(frozen=True)
class Rows:
    """Which rows of the panel to learn from or to forecast.

    Attributes:
        series: Row of the panel, shape (n,).
        origin: Column whose `lag_` features are read, shape (n,).
        close: Column of the last closed period, shape (n,): the origin in
            training, the cutoff in a forecast.
        step: Periods from the close to the target, shape (n,), one or more.
        scale: Units per period that the target is divided by, shape (n,).
    """

    series: Indices
    origin: Indices
    close: Indices
    step: Indices
    scale: Floats

    def take(self, chosen: Indices) -> Rows:
        """Select rows.

        Args:
            chosen: Positions of the rows, shape (m,).

        Returns:
            The chosen rows.
        """
        return Rows(
            series=self.series[chosen],
            origin=self.origin[chosen],
            close=self.close[chosen],
            step=self.step[chosen],
            scale=self.scale[chosen],
        )


def training_rows(history: History, *, max_rows: int, seed: int) -> Rows:
    """Draw the rows that a model may learn from at this cutoff.

    A row with origin t and step h is legal when the panel has a row at t, its
    scale is above zero, t + h is at or before the cutoff (the embargo) and the
    demand of t + h is known. Above the cap each step keeps an equal share, drawn
    without replacement.

    Args:
        history: What is known at the cutoff.
        max_rows: Cap on the number of rows, one or more.
        seed: Seed of the draw.

    Returns:
        Legal rows, ordered by step, series and origin.

    Raises:
        ValueError: The cap is below one.
    """
    if max_rows < 1:
        raise ValueError(f"max_rows must be 1 or more, got {max_rows}")
    generator = history.generator(seed)
    n_periods = history.demand.shape[1]
    can_start = history.has_row & np.isfinite(history.scale) & (history.scale > 0)
    is_known = np.isfinite(history.demand)
    legal = [
        np.flatnonzero(can_start[:, : n_periods - step] & is_known[:, step:])
        for step in range(1, min(history.horizon, n_periods - 1) + 1)
    ]
    quotas = _equal_shares(np.array([len(rows) for rows in legal], dtype=int), max_rows)
    chosen = [
        rows if len(rows) <= quota else np.sort(_draw(generator, rows, quota))
        for rows, quota in zip(legal, quotas, strict=True)
    ]
    steps = np.repeat(np.arange(1, len(chosen) + 1), [len(rows) for rows in chosen])
    flat = np.concatenate(chosen) if chosen else np.empty(0, dtype=np.intp)
    # Each step's mask is `step` columns narrower than the panel.
    series, origin = np.divmod(flat, n_periods - steps)
    return Rows(
        series=series,
        origin=origin,
        close=origin,
        step=steps,
        scale=history.scale[series, origin],
    )


def forecast_rows(history: History, series: Indices) -> Rows:
    """Rows to forecast: every step of the given series.

    Args:
        history: What is known at the cutoff.
        series: Rows of the panel, shape (n,).

    Returns:
        Rows ordered by series, then step, shape (n * horizon,).
    """
    repeated = np.repeat(series, history.horizon)
    return Rows(
        series=repeated,
        origin=history.origin[repeated],
        close=np.full(len(repeated), history.cutoff),
        step=np.tile(np.arange(1, history.horizon + 1), len(series)),
        scale=history.level[repeated],
    )


class Columns(NamedTuple):
    """Feature values of rows and what they are called.

    Attributes:
        names: Names, shape (columns,).
        values: Values, shape (rows, columns), NaN where unknown.
    """

    names: tuple[str, ...]
    values: Floats


@dataclass(frozen=True)
class Design:
    """What a global model is shown of a row.

    Attributes:
        season: Pooled seasonal index, learned at the cutoff.
        windows: Periods of the deseasonalised averages, short to long.
        n_lags: Latest deseasonalised periods that are shown one by one.
    """

    season: SeasonalIndex
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
            The design.
        """
        return cls(
            season=SeasonalIndex.learn(history, season_length=season_length),
            windows=usual_windows(season_length) if windows is None else windows,
            n_lags=n_lags,
        )

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
            (
                history.feature_names("calendar_"),
                history.calendar_features(target),
            ),
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

    def _seasonal_levels(self, history: History, rows: Rows) -> Floats:
        """Index of the target, and averages as they would be in its season."""
        dates = np.concatenate([history.period_dates, history.dates_ahead()])
        index = self.season.at(history, dates)[rows.series, rows.close + rows.step]
        level = self.season.deseasonalised(history)
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


def trailing_mean(values: Floats, *, window: int) -> Floats:
    """Mean of the known values among the last ones, at every period.

    Args:
        values: Shape (series, periods), NaN where unknown.
        window: Periods to average, one or more.

    Returns:
        Shape (series, periods); NaN where none of the window is known.

    Examples:
        >>> trailing_mean(np.array([[1.0, 3.0, np.nan, 7.0]]), window=2)
        array([[1., 2., 3., 7.]])
    """
    known = np.isfinite(values)
    sums = np.cumsum(np.where(known, values, 0.0), axis=1)
    counts = np.cumsum(known, axis=1)
    sums[:, window:] = sums[:, window:] - sums[:, :-window]
    counts[:, window:] = counts[:, window:] - counts[:, :-window]
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


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
        for series in np.array_split(all_series, n_chunks):
            rows = forecast_rows(history, series)
            values = self.design.values(history, rows)
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


def scaled_targets(history: History, rows: Rows) -> Floats:
    """Demand of the target period over scale.

    Args:
        history: What is known at the cutoff.
        rows: Training rows.

    Returns:
        Ratio to scale, shape (rows,).
    """
    return history.demand[rows.series, rows.close + rows.step] / rows.scale


def training_weights(
    history: History,
    rows: Rows,
    *,
    age_weights: tuple[float, ...] = (1.0, 0.5, 0.25),
    by_value: bool = False,
) -> Floats:
    """Weight of each training row: scale times a discount for age.

    Args:
        history: What is known at the cutoff.
        rows: Training rows.
        age_weights: Discount of targets less than one year old, less than two
            years old, and so on; the last one holds for all older.
        by_value: Multiply by the value of one unit, so that errors count in money
            instead of units. A missing value counts as the mean of the others.

    Returns:
        Weights with mean one, shape (rows,).

    References:
        M5-style weights as used by the winning entry of the VN2 competition:
        Szablowski, arXiv 2601.18919, 2026.
    """
    if not len(rows.series):
        return np.empty(0)
    age = history.period_dates[-1] - history.period_dates[rows.close + rows.step]
    years = (age / np.timedelta64(1, "D") // DAYS_PER_YEAR).astype(int)
    weights = (
        rows.scale * np.array(age_weights)[np.minimum(years, len(age_weights) - 1)]
    )
    if by_value:
        values = history.unit_values[rows.series, rows.origin]
        usable = np.isfinite(values) & (values > 0)
        if usable.any():
            weights = weights * np.where(usable, values, values[usable].mean())
    return weights / weights.mean()


def _equal_shares(sizes: npt.NDArray[np.int_], total: int) -> npt.NDArray[np.int_]:
    """Split a total evenly over groups, none above its size."""
    shares = np.zeros_like(sizes)
    left = total
    # The smallest group first: what it cannot use goes to the larger ones.
    for position, group in enumerate(np.argsort(sizes, kind="stable")):
        shares[group] = min(sizes[group], left // (len(sizes) - position))
        left -= shares[group]
    return shares


def _draw(generator: np.random.Generator, rows: Indices, count: int) -> Indices:
    return rows[generator.choice(len(rows), size=count, replace=False)]
