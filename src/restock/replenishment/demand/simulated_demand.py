"""What simulated demand says: sums over a time, quantiles, fill rate, stock for it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from restock.statistics.arrays import Floats

_BISECTIONS = 50

# Of the rise of demand at orders: where tails are cut, the units x units of paths at
# which half of it counts, and the most there is.
_TAIL, _SEEN_TOGETHER, _MOST_RISE = 0.95, 100.0, 0.5

# Reviews after an order that are drawn one by one.
_RENEWALS = 12

# Multiples of it, less their whole part, fill (0, 1) evenly.
_GOLDEN_SECTION = 0.6180339887498949
ROUNDING = 1e-9


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
        demand: Demand until the order is there, below s. Units, shape (series, paths),
            each row's lead time that of its own path.
        before: Demand that may already have been short when the order before came,
            below s. Units, shape (series, paths).
        order_units: Mean order. Units, shape (series,).
    """

    demand: Floats
    before: Floats
    order_units: Floats


def order_cycle(
    protection: Floats,
    lead_time: Floats,
    first_review: Floats,
    *,
    reviews: Floats,
    review_units: Floats,
    order_gap: Floats,
    level_trust: Floats,
) -> OrderCycle:
    """Demand of an order cycle, with or without a gap between s and S.

    Without a gap every review orders what sold since the last: the demand is that
    over lead time plus review. With one the order is placed at the first review that
    finds the position at or below s, which is below s by an undershoot u, and a
    stock-out is :math:`u + X_L > s`. The lead time is the one after the coming review,
    which sees a season begin that the next lead time does not.

    Args:
        protection: Demand X over lead time plus review, shape (series, paths).
        lead_time: Demand X_L over the lead time, same paths.
        first_review: Demand of the coming review, same paths.
        reviews: Demand of reviews of the item's own noise around the forecast, without
            an error of the level: how wrong a forecast is has no part in which review
            crosses s. Shape (series, draws), the draws in random order.
        review_units: Mean demand of a review, shape (series,).
        order_gap: Gap between s and S. Units, shape (series,), zero or more.
        level_trust: How far errors of the level are believed to be its movement, in
            [0, 1], shape (series,); see `rise_at_orders`.

    Returns:
        The cycle.
    """
    # Where nothing sells in a review, no review crosses s: there is no undershoot.
    has_gap = (order_gap > ROUNDING) & (reviews > 0).any(axis=1)
    demand, before = protection.copy(), lead_time.copy()
    order_units = np.array(review_units, dtype=float)
    if has_gap.any():
        gap = order_gap[has_gap]
        later = np.maximum(protection - first_review, 0.0)[has_gap]
        rise = rise_at_orders(first_review[has_gap], later, level_trust[has_gap])
        later = later * rise[:, None]
        undershoot = undershoots(reviews[has_gap], gap)
        demand[has_gap] = undershoot + later
        before[has_gap] = later - gap[:, None]
        order_units[has_gap] = gap + undershoot.mean(axis=1)
    return OrderCycle(demand, before, order_units)


def rise_at_orders(review: Floats, later: Floats, trust: Floats) -> Floats:
    r"""How much more sells in a lead time that follows an order than in any.

    Orders come more often where more sells than was forecast, so an average over order
    cycles weighs a path by the demand of its review,

    .. math:: \frac{E[X_R X_L]}{E[X_R]\,E[X_L]}

    with both cut at their 95 % quantile, since a tail that other items lent is no
    evidence of it, and drawn to one where paths with both are few, and where errors
    come from so few stretches of time that a level that is wrong cannot be told from
    one that moves.

    Args:
        review: Demand of the coming review, shape (series, paths).
        later: Demand of the lead time after it, same paths.
        trust: How far the errors are believed, in [0, 1], shape (series,).

    Returns:
        Ratio, shape (series,), from one to one and a half.

    Examples:
        Independent demand rises by nothing, a level of 5 or 15 by a quarter:

        >>> level = np.array([[5.0, 15.0] * 500])
        >>> other = np.array([[4.0, 4.0, 6.0, 6.0] * 250])
        >>> rise_at_orders(other, level, np.ones(1)).round(2)
        array([1.])
        >>> rise_at_orders(level, level, np.ones(1)).round(2)
        array([1.25])
    """
    cut = [
        np.minimum(units, np.quantile(units, _TAIL, axis=1, keepdims=True))
        for units in (review, later)
    ]
    mean_review, mean_later = (units.mean(axis=1) for units in cut)
    together = (cut[0] * cut[1]).mean(axis=1)
    apart = mean_review * mean_later
    excess = np.divide(
        together - apart, apart, out=np.zeros(len(review)), where=apart > 0
    )
    seen = review.shape[1] * apart
    excess = trust * excess * seen / (seen + _SEEN_TOGETHER)
    return 1 + np.clip(excess, 0.0, _MOST_RISE)


def undershoots(reviews: Floats, order_gap: Floats) -> Floats:
    """How far below the reorder point an order-up-to policy orders.

    Reviews are drawn until their sum crosses the gap: the review that crosses is not
    any review, but one with more demand than others. After a dozen, what is left
    follows the renewal process in equilibrium: demand drawn in proportion to its size,
    crossed at an even share of it.

    Args:
        reviews: Demand of review intervals, shape (series, draws), in random order.
        order_gap: Gap between s and S. Units, shape (series,), above zero.

    Returns:
        Undershoot in units, shape (series, draws).

    References:
        Silver, Pyke and Thomas 2017, chapter 6, on the undershoot. Tijms and
        Groenevelt, Simple approximations for the reorder point in periodic and
        continuous review (s, S) inventory systems with service level constraints,
        European Journal of Operational Research 17, 1984.

    Examples:
        Demand of a review is 0 or 8, the gap 20: the third 8 crosses, by 4.

        >>> undershoot = undershoots(np.array([[0.0, 8.0] * 500]), np.array([20.0]))
        >>> float(np.median(undershoot))
        4.0
    """
    n_draws = reviews.shape[1]
    draws = np.arange(n_draws)
    is_open = np.ones(reviews.shape, dtype=bool)
    undershoot = np.zeros(reviews.shape)
    left = np.repeat(order_gap[:, None], n_draws, axis=1)
    for step in range(_RENEWALS):
        # Another sequence of the draws at each review.
        demand = reviews[:, (draws + step * (n_draws // _RENEWALS + 1)) % n_draws]
        crosses = is_open & (demand >= left)
        undershoot = np.where(crosses, demand - left, undershoot)
        is_open &= ~crosses
        left = left - demand
    share = np.cumsum(reviews, axis=1)
    wanted = (draws + 0.5) / n_draws
    for row in np.flatnonzero(is_open.any(axis=1)):
        late = np.flatnonzero(is_open[row])
        drawn = np.searchsorted(share[row], wanted[late] * share[row, -1])
        undershoot[row, late] = reviews[row, drawn] * _even_shares(len(late))
    return undershoot


def _even_shares(count: int) -> Floats:
    """Shares in (0, 1), evenly spread in every stretch of the sequence."""
    return np.modf((np.arange(count) + 0.5) * _GOLDEN_SECTION)[0]


def cumulative_at(cumulative: Floats, time: Floats) -> Floats:
    """Cumulative demand at a time, linear inside a step.

    Args:
        cumulative: Cumulative demand at the start of each step and at the end of the
            last, shape (..., steps + 1), first value zero.
        time: Steps, shape (...), at most `steps`.

    Returns:
        Units, shape (...).

    Examples:
        Demand 10, 20, 40; up to a quarter of the third: 10 + 20 + 10.

        >>> cumulative_at(np.array([[0.0, 10.0, 30.0, 70.0]]), np.array([2.25]))
        array([40.])
    """
    # A rounding error past the end of a step is still the end of that step.
    step = np.maximum(np.ceil(time - ROUNDING).astype(int) - 1, 0)[..., None]
    before = np.take_along_axis(cumulative, step, axis=-1)[..., 0]
    after = np.take_along_axis(cumulative, step + 1, axis=-1)[..., 0]
    return before + (time - step[..., 0]) * (after - before)
