"""Means over the periods of which demand is known, and gaps filled with them."""

from __future__ import annotations

import numpy as np

from restock.statistics.arrays import Floats

# Periods behind the mean that stands in for a period without stock.
FILL_WINDOW = 13


def trailing_mean(values: Floats, *, window: int, least: float = 1) -> Floats:
    """Mean of the known values among the last ones, at every period.

    Args:
        values: Shape (series, periods), NaN where unknown.
        window: Periods to average, one or more.
        least: Fewest known ones, above zero.

    Returns:
        Shape (series, periods); NaN where fewer of the window are known.

    Examples:
        >>> trailing_mean(np.array([[1.0, 3.0, np.nan, 7.0]]), window=2)
        array([[1., 2., 3., 7.]])
    """
    known = np.isfinite(values)
    sums = np.cumsum(np.where(known, values, 0.0), axis=1)
    counts = np.cumsum(known, axis=1)
    sums[:, window:] = sums[:, window:] - sums[:, :-window]
    counts[:, window:] = counts[:, window:] - counts[:, :-window]
    return np.divide(
        sums, counts, out=np.full_like(sums, np.nan), where=counts >= least
    )


def filled(demand: Floats) -> Floats:
    """Fill periods of unknown demand with the mean of the known ones before.

    A method that walks through a series cannot skip a period, and a zero would
    teach it that nobody wanted what was not there.

    Args:
        demand: Units per period, shape (series, periods), NaN where unknown.

    Returns:
        The same; NaN only before the first known period of a series.

    Examples:
        >>> filled(np.array([[np.nan, 2.0, 4.0, np.nan]])).tolist()
        [[nan, 2.0, 4.0, 3.0]]
    """
    mean = trailing_mean(demand, window=FILL_WINDOW)
    last = np.where(np.isfinite(mean), np.arange(demand.shape[1]), 0)
    carried = np.take_along_axis(mean, np.maximum.accumulate(last, axis=1), axis=1)
    return np.where(np.isfinite(demand), demand, carried)
