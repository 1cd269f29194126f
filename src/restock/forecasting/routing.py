"""Which series a costly model is fitted to, and what it is fitted on.

Nothing here looks beyond the arrays of a `History`, so a route is chosen anew at each
cutoff from what was known then.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from restock.forecasting.history import History
from restock.statistics.arrays import Floats


def known_tail(values: Floats, window: int) -> Floats:
    """The latest known values of one series, gaps closed.

    A period without stock says nothing of demand, so the states of a smoothing model
    stand still over it: it is left out, neither zero nor an invented value. Below zero
    (returns outweigh sales) counts as zero.

    Args:
        values: Units per period, shape (periods,), NaN where unknown.
        window: Most values to keep, one or more.

    Returns:
        Units, shape (n,) with n at most `window`, zero or more.

    Examples:
        >>> known_tail(np.array([1.0, 2.0, np.nan, 4.0, -1.0]), window=3).tolist()
        [2.0, 4.0, 0.0]
    """
    return np.maximum(values[np.isfinite(values)][-window:], 0.0)


def mean_interval(demand: Floats, window: int) -> Floats:
    """Known periods per period with demand, of each series.

    Args:
        demand: Units per period up to the cutoff, shape (series, periods), NaN where
            unknown.
        window: Latest periods to look at, one or more.

    Returns:
        Average demand interval in periods, shape (series,), one or more; infinite
        where nothing was sold, NaN where nothing is known.

    References:
        Syntetos, Boylan and Croston, On the categorization of demand patterns, 2005.

    Examples:
        >>> mean_interval(np.array([[2.0, 0.0, np.nan, 1.0, 0.0]]), window=5).tolist()
        [2.0]
    """
    recent = demand[:, -window:]
    known = np.isfinite(recent).sum(axis=1).astype(float)
    sold = (recent > 0).sum(axis=1).astype(float)
    unsold = np.where(known > 0, np.inf, np.nan)
    return np.divide(known, sold, out=unsold, where=sold > 0)


def is_worth_a_fit(
    history: History,
    *,
    window: int,
    min_known: int,
    max_interval: float,
    max_series: int,
) -> npt.NDArray[np.bool_]:
    """Series to which a costly model is fitted.

    Args:
        history: What is known at the cutoff.
        window: Latest periods that a fit sees.
        min_known: Fewest known periods in the window.
        max_interval: Average demand interval at and above which a series is
            intermittent and not fitted. Periods.
        max_series: Most series, those of the largest value: scale times unit value.

    Returns:
        Whether a series is fitted, shape (series,).

    Raises:
        ValueError: `max_series` is below zero.
    """
    if max_series < 0:
        raise ValueError(f"max_series must be 0 or more, got {max_series}")
    known = np.isfinite(history.demand[:, -window:]).sum(axis=1)
    is_fit = (
        history.is_forecast
        & (known >= min_known)
        & (mean_interval(history.demand, window) < max_interval)
    )
    last = (np.arange(len(history.origin)), history.origin)
    value = np.nan_to_num(history.scale[last] * history.unit_values[last])
    # Stable: of equal values the first id wins, whatever the order of the panel.
    ranked = np.argsort(np.where(is_fit, -value, np.inf), kind="stable")
    within = np.zeros(len(is_fit), dtype=bool)
    within[ranked[:max_series]] = True
    return is_fit & within


def share_of_part(max_series: int, n_parts: int) -> int:
    """Series of a cap that fall to each part of a panel.

    Parts are drawn by a hash of the ids, so each holds its share of the valuable.

    Args:
        max_series: Cap over all parts, zero or more.
        n_parts: Parts of the panel; an empty panel has none.

    Returns:
        Cap of one part, rounded up.
    """
    return -(-max_series // max(n_parts, 1))
