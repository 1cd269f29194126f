"""What simulated demand says: sums over a time, quantiles, fill rate, stock for it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_BISECTIONS = 50
ROUNDING = 1e-9


def demand_between(cumulative: Floats, start: Floats, end: Floats) -> Floats:
    """Demand in a window of time, parts of periods pro rata.

    Args:
        cumulative: Cumulative demand at the start of period 1, 2, .. and at the end
            of the last, shape (..., periods + 1), first value zero.
        start: Start of the window. Periods, shape (...), zero or more.
        end: End of the window. Periods, shape (...), at most `periods`.

    Returns:
        Units, shape (...).

    Examples:
        Demand 10, 20, 40; from the middle of the first period to a quarter of the
        third: 5 + 20 + 10.

        >>> demand_between(
        ...     np.array([[0.0, 10.0, 30.0, 70.0]]), np.array([0.5]), np.array([2.25])
        ... )
        array([35.])
    """
    return cumulative_at(cumulative, end) - cumulative_at(cumulative, start)


def quantile(ordered: Floats, level: Floats) -> Floats:
    """Smallest simulated value that a share of the paths does not exceed.

    Args:
        ordered: Values in rising order, shape (series, paths).
        level: Share, shape (series,), in [0, 1]; NaN gives NaN.

    Returns:
        Value, shape (series,).

    Examples:
        >>> quantile(np.array([[1.0, 2.0, 3.0, 4.0]] * 2), np.array([0.5, 0.51]))
        array([2., 3.])
    """
    n_paths = ordered.shape[1]
    # 0.95 * 1000 is 950.0000000000001 in floating point.
    rank = np.ceil(np.nan_to_num(level) * n_paths - ROUNDING).astype(int) - 1
    picked = ordered[np.arange(len(ordered)), np.clip(rank, 0, n_paths - 1)]
    return np.where(np.isnan(level), np.nan, picked)


def fill_rate(
    stock: Floats, protection: Floats, lead_time: Floats, cycle_demand: Floats
) -> Floats:
    r"""Share of demand met from stock under periodic review.

    .. math:: 1 - \frac{E[(X_{L+R} - S)^+] - E[(X_L - S)^+]}{\max(D R, Q)}

    Args:
        stock: Order-up-to position S. Units, shape (series,).
        protection: Demand over L + R of each path, shape (series, paths).
        lead_time: Demand over L of each path, shape (series, paths).
        cycle_demand: Demand of a replenishment cycle, the larger of D R and Q.
            Units, shape (series,), above zero.

    Returns:
        Fill rate, shape (series,), at most one; below zero only if the cycle demand
        is smaller than what the paths hold.

    References:
        Silver, Pyke and Thomas 2017, chapter 7, on (R, S) systems.
    """
    position = stock[:, None]
    short = np.maximum(protection - position, 0.0).mean(axis=1)
    short_before = np.maximum(lead_time - position, 0.0).mean(axis=1)
    return 1.0 - (short - short_before) / cycle_demand


def stock_for_fill_rate(
    level: Floats, protection: Floats, lead_time: Floats, cycle_demand: Floats
) -> Floats:
    """Smallest stock, zero or more, whose fill rate reaches a level.

    Args:
        level: Fill rate wanted, shape (series,), in (0, 1].
        protection: Demand over L + R of each path, shape (series, paths).
        lead_time: Demand over L of each path, shape (series, paths), nowhere above
            `protection`: the fill rate then rises with the stock.
        cycle_demand: See `fill_rate`.

    Returns:
        Units, shape (series,), within 1e-12 of the largest path.
    """
    low = np.zeros(len(protection))
    high = protection.max(axis=1)
    enough_at_zero = fill_rate(low, protection, lead_time, cycle_demand) >= level
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        reached = fill_rate(middle, protection, lead_time, cycle_demand) >= level
        low = np.where(reached, low, middle)
        high = np.where(reached, middle, high)
    return np.where(enough_at_zero, 0.0, high)


def cumulative_at(cumulative: Floats, time: Floats) -> Floats:
    """Cumulative demand at a time, linear inside a period."""
    # A rounding error past the end of a period is still the end of that period.
    period = np.maximum(np.ceil(time - ROUNDING).astype(int) - 1, 0)[..., None]
    before = np.take_along_axis(cumulative, period, axis=-1)[..., 0]
    after = np.take_along_axis(cumulative, period + 1, axis=-1)[..., 0]
    return before + (time - period[..., 0]) * (after - before)
