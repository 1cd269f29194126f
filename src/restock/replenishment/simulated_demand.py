"""What simulated demand says: sums over a time, quantiles, fill rate, stock for it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_BISECTIONS = 50

# Reviews after an order that are drawn one by one.
_RENEWALS = 12

# Multiples of it, less their whole part, fill (0, 1) evenly.
_GOLDEN_SECTION = 0.6180339887498949
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


class OrderCycle(NamedTuple):
    """What a reorder point has to outlast from one order to the next.

    Attributes:
        demand: Demand until the order is there, below s. Units, shape (series, paths).
        before: Demand that may already have been short when the order before came,
            below s. Units, shape (series, paths).
        order_units: Mean order. Units, shape (series,).
    """

    demand: Floats
    before: Floats
    order_units: Floats


def order_cycle(
    protection: Floats, lead_time: Floats, review: Floats, order_gap: Floats
) -> OrderCycle:
    """Demand of an order cycle, with or without a gap between s and S.

    Without a gap every review orders what sold since the last: the demand is that
    over lead time plus review. With one see `order_cycle_demand`.

    Args:
        protection: Demand over lead time plus review, shape (series, paths), the paths
            in random order.
        lead_time: Demand over the lead time, same paths.
        review: Demand of the first review interval, same paths, at most `protection`.
        order_gap: Gap between s and S. Units, shape (series,), zero or more.

    Returns:
        The cycle.
    """
    # Where nothing sells in a review, no review crosses s: there is no undershoot.
    has_gap = (order_gap > ROUNDING) & (review > 0).any(axis=1)
    demand, before = protection.copy(), lead_time.copy()
    order_units = review.mean(axis=1)
    if has_gap.any():
        gap = order_gap[has_gap]
        later = np.maximum(protection - review, 0.0)[has_gap]
        total, after = order_cycle_demand(review[has_gap], later, gap)
        demand[has_gap] = total
        before[has_gap] = after - gap[:, None]
        order_units[has_gap] = gap + (total - after).mean(axis=1)
    return OrderCycle(demand, before, order_units)


def order_cycle_demand(
    review: Floats, later_lead_time: Floats, order_gap: Floats
) -> tuple[Floats, Floats]:
    r"""Demand that the reorder point of an order-up-to policy has to outlast.

    Where an order restores a gap of several reviews' demand, it is placed at the first
    review that finds the position at or below s, which is below s by an undershoot u.
    A stock-out is then :math:`u + X_L > s`, not :math:`X_{L+R} > s`: the review that
    crosses s is not any review, but one with more demand than others. The reviews
    after an order are drawn from the paths until they cross; after a dozen, what is
    left follows the renewal process in equilibrium: demand drawn in proportion to its
    size, crossed at an even share of it.

    Args:
        review: Demand of the next review interval, shape (series, paths), the paths
            in random order.
        later_lead_time: Demand of the lead time after it, same paths.
        order_gap: Gap between s and S. Units, shape (series,), above zero.

    Returns:
        u + X_L and X_L of as many paths. Units, shape (series, paths).

    References:
        Silver, Pyke and Thomas 2017, chapter 6, on the undershoot. Tijms and
        Groenevelt, Simple approximations for the reorder point in periodic and
        continuous review (s, S) inventory systems with service level constraints,
        European Journal of Operational Research 17, 1984.

    Examples:
        Demand of a review is 0 or 8, the gap 20: the third 8 crosses, by 4.

        >>> total, _ = order_cycle_demand(
        ...     np.array([[0.0, 8.0] * 500]), np.zeros((1, 1000)), np.array([20.0])
        ... )
        >>> float(np.median(total))
        4.0
    """
    n_series, n_paths = review.shape
    rows = np.arange(n_series)[:, None]
    paths = np.arange(n_paths)
    crossing = np.full(review.shape, -1)
    undershoot = np.zeros(review.shape)
    left = np.repeat(order_gap[:, None], n_paths, axis=1)
    for step in range(_RENEWALS):
        # Another sequence of the paths at each review.
        drawn = (paths + step * (n_paths // _RENEWALS + 1)) % n_paths
        demand = review[:, drawn]
        crosses = (crossing < 0) & (demand >= left)
        crossing = np.where(crosses, drawn, crossing)
        undershoot = np.where(crosses, demand - left, undershoot)
        left = left - demand
    share = np.cumsum(review, axis=1)
    wanted = (paths + 0.5) / n_paths
    for row in np.flatnonzero((crossing < 0).any(axis=1)):
        if share[row, -1] > 0:
            late = np.flatnonzero(crossing[row] < 0)
            drawn = np.searchsorted(share[row], wanted[late] * share[row, -1])
            crossing[row, late] = drawn
            undershoot[row, late] = review[row, drawn] * _even_shares(len(late))
    later = later_lead_time[rows, np.where(crossing < 0, paths, crossing)]
    return undershoot + later, later


def _even_shares(count: int) -> Floats:
    """Shares in (0, 1), evenly spread in every stretch of the sequence."""
    return np.modf((np.arange(count) + 0.5) * _GOLDEN_SECTION)[0]


def cumulative_at(cumulative: Floats, time: Floats) -> Floats:
    """Cumulative demand at a time, linear inside a period."""
    # A rounding error past the end of a period is still the end of that period.
    period = np.maximum(np.ceil(time - ROUNDING).astype(int) - 1, 0)[..., None]
    before = np.take_along_axis(cumulative, period, axis=-1)[..., 0]
    after = np.take_along_axis(cumulative, period + 1, axis=-1)[..., 0]
    return before + (time - period[..., 0]) * (after - before)
