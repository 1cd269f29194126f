"""Rows of the panel that a global model learns from, and those that it forecasts.

Targets are divided by the scale of their series, so that a slow and a fast seller
teach the same shape, and rows are weighted by that scale, so that errors still count
in units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restock.forecasting.history import History
from restock.statistics.arrays import Floats, Indices

DAYS_PER_YEAR = 365


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
