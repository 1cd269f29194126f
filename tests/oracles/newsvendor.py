"""Levels that balance the cost of a unit too many against a unit too few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.stats import poisson

from oracles.normal import normal_loss, normal_pdf, normal_quantile
from restock.statistics.arrays import Numbers, floats, ratio

# Sums of probabilities meet a critical ratio such as 0.9 only up to rounding.
PROBABILITY_SLACK = 1e-12
MASS_TOLERANCE = 1e-6


class NormalNewsvendor(NamedTuple):
    """Best level under normal demand.

    Attributes:
        critical_ratio: Underage over underage plus overage cost.
        safety_factor: Deviations above the mean; NaN where a cost is zero.
        order_up_to_units: Best level.
        expected_cost: Mean overage plus underage cost. Currency.
    """

    critical_ratio: Numbers
    safety_factor: Numbers
    order_up_to_units: Numbers
    expected_cost: Numbers


class NewsvendorProfit(NamedTuple):
    """Profit of an order quantity under normal demand.

    Attributes:
        critical_ratio: Best probability of meeting all demand.
        order_qty_units: The quantity evaluated.
        expected_profit: Currency.
        expected_overstock_units: Mean units left over.
        expected_understock_units: Mean units of demand missed.
    """

    critical_ratio: Numbers
    order_qty_units: Numbers
    expected_profit: Numbers
    expected_overstock_units: Numbers
    expected_understock_units: Numbers


class DiscreteNewsvendor(NamedTuple):
    """Best level under discrete demand; None where it is not finite.

    Attributes:
        critical_ratio: Underage over underage plus overage cost.
        order_up_to_units: Smallest level that meets demand with that probability.
        expected_cost: Mean overage plus underage cost. Currency.
    """

    critical_ratio: float | None
    order_up_to_units: float | None
    expected_cost: float | None


def critical_ratio(*, overage_cost: Numbers, underage_cost: Numbers) -> Numbers:
    """Best probability of meeting all demand.

    Args:
        overage_cost: Cost of a unit too many, per season. Currency, any shape.
        underage_cost: Cost of a unit too few. Currency.

    Returns:
        Probability, of the broadcast shape; NaN where both costs are zero.

    Examples:
        >>> float(critical_ratio(overage_cost=1, underage_cost=4))
        0.8
    """
    overage, underage = floats(overage_cost, underage_cost)
    return ratio(underage, underage + overage)


def newsvendor_normal(
    *,
    overage_cost: Numbers,
    underage_cost: Numbers,
    mean_units: Numbers,
    sigma_units: Numbers,
) -> NormalNewsvendor:
    r"""Level with the least expected cost under normal demand.

    .. math:: S^* = \mu + z \sigma, \quad \Phi(z) = p / (p + h), \quad
        C(S^*) = (h + p)\, \sigma\, \varphi(z)

    Args:
        overage_cost: Cost h of a unit too many. Currency, any shape.
        underage_cost: Cost p of a unit too few. Currency.
        mean_units: Mean demand. Units.
        sigma_units: Deviation of demand. Units.

    Returns:
        Ratio, factor, level and cost, of the broadcast shape.

    References:
        Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., 2019,
        section 4.3.
    """
    overage, underage, mean, sigma = floats(
        overage_cost, underage_cost, mean_units, sigma_units
    )
    share = critical_ratio(overage_cost=overage, underage_cost=underage)
    factor = normal_quantile(share)
    factor = np.where(np.isfinite(factor), factor, np.nan)
    return NormalNewsvendor(
        share,
        factor[()],
        np.where(sigma == 0, mean, mean + factor * sigma)[()],
        np.where(sigma == 0, 0.0, (overage + underage) * sigma * normal_pdf(factor))[
            ()
        ],
    )


def newsvendor_profit(
    *,
    unit_price: Numbers,
    unit_cost: Numbers,
    salvage_value: Numbers,
    mean_units: Numbers,
    sigma_units: Numbers,
    order_qty_units: Numbers = np.nan,
) -> NewsvendorProfit:
    """Profit of the best, or of a given, order quantity for one season.

    Args:
        unit_price: Currency per unit, any shape.
        unit_cost: Currency per unit.
        salvage_value: What a unit left over still brings. Currency per unit.
        mean_units: Mean demand. Units.
        sigma_units: Deviation of demand. Units.
        order_qty_units: Quantity to evaluate; NaN means the best one, which is NaN
            where no price between salvage value and cost makes it finite.

    Returns:
        Ratio, quantity, profit, overstock and understock, of the broadcast shape.

    References:
        Chopra and Meindl, Supply Chain Management, chapter on the optimal level of
        product availability.
    """
    price, cost, salvage, mean, sigma, quantity = floats(
        unit_price, unit_cost, salvage_value, mean_units, sigma_units, order_qty_units
    )
    underage, overage = price - cost, cost - salvage
    share = critical_ratio(overage_cost=overage, underage_cost=underage)
    inside = (share > 0) & (share < 1)
    factor = np.where(inside, normal_quantile(np.where(inside, share, 0.5)), np.nan)
    best = mean + factor * sigma
    quantity = np.where(np.isnan(quantity), best, quantity)
    gap = ratio(quantity - mean, sigma)
    certain = sigma == 0
    overstock = np.where(
        certain, np.maximum(quantity - mean, 0.0), sigma * normal_loss(-gap)
    )
    understock = np.where(
        certain, np.maximum(mean - quantity, 0.0), sigma * normal_loss(gap)
    )
    profit = underage * mean - overage * overstock - underage * understock
    return NewsvendorProfit(
        share, quantity[()], profit[()], overstock[()], understock[()]
    )


def newsvendor_discrete(
    *, overage_cost: float, underage_cost: float, probabilities: Mapping[float, float]
) -> DiscreteNewsvendor:
    """Smallest level that meets discrete demand with the critical ratio.

    Args:
        overage_cost: Cost of a unit too many. Currency.
        underage_cost: Cost of a unit too few. Currency.
        probabilities: Probability of each demand. Demands in units, zero or more.

    Returns:
        Ratio, level and expected cost.

    Raises:
        ValueError: The probabilities do not add to 1.

    Examples:
        >>> newsvendor_discrete(
        ...     overage_cost=1, underage_cost=4, probabilities={0: 0.9, 100: 0.1}
        ... ).order_up_to_units
        0.0

    References:
        Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., 2019,
        section 4.3, discrete demand.
    """
    mass = sum(probabilities.values())
    if abs(mass - 1) > MASS_TOLERANCE:
        raise ValueError(f"probabilities must add to 1; they add to {mass}")
    if overage_cost + underage_cost == 0:
        return DiscreteNewsvendor(None, None, None)
    share = underage_cost / (underage_cost + overage_cost)
    level = 0.0
    reached = 0.0
    for demand, probability in sorted(probabilities.items()):
        if reached >= share - PROBABILITY_SLACK:
            break
        level = float(demand)
        reached += probability
    cost = sum(
        probability
        * (
            overage_cost * max(level - demand, 0.0)
            + underage_cost * max(demand - level, 0.0)
        )
        for demand, probability in probabilities.items()
    )
    return DiscreteNewsvendor(share, level, cost)


def poisson_cost(
    level_units: Numbers,
    *,
    overage_cost: Numbers,
    underage_cost: Numbers,
    mean_units: Numbers,
) -> Numbers:
    """Expected overage plus underage cost of a level under Poisson demand.

    Args:
        level_units: Whole units, any shape, any sign.
        overage_cost: Cost of a unit left over. Currency.
        underage_cost: Cost of a unit short. Currency.
        mean_units: Mean demand. Units, zero or more.

    Returns:
        Currency, of the broadcast shape. Sums run over the whole tail, in closed
        form.
    """
    level, overage, underage, mean = floats(
        level_units, overage_cost, underage_cost, mean_units
    )
    short = mean * poisson.sf(level - 1, mean) - level * poisson.sf(level, mean)
    # E[(D-S)+] = mean P(D >= S) - S P(D > S), and E[(S-D)+] = S - mean + E[(D-S)+].
    return (overage * (level - mean + short) + underage * short)[()]


def newsvendor_poisson(
    *, overage_cost: float, underage_cost: float, mean_units: float
) -> DiscreteNewsvendor:
    """Smallest level that meets Poisson demand with the critical ratio.

    Args:
        overage_cost: Cost of a unit too many. Currency.
        underage_cost: Cost of a unit too few. Currency.
        mean_units: Mean demand. Units, zero or more.

    Returns:
        Ratio, level and expected cost; no level where a unit too many costs nothing.

    References:
        Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., 2019,
        section 4.3, discrete demand.
    """
    if overage_cost + underage_cost == 0:
        return DiscreteNewsvendor(None, None, None)
    share = underage_cost / (underage_cost + overage_cost)
    if overage_cost <= 0 and mean_units > 0:
        return DiscreteNewsvendor(share, None, None)
    level = 0.0
    if share > 0 and mean_units > 0:
        level = float(max(poisson.isf(1 - share, mean_units), 0.0))
        while level > 0 and (
            poisson.cdf(level - 1, mean_units) >= share - PROBABILITY_SLACK
        ):
            level -= 1
    cost = poisson_cost(
        level,
        overage_cost=overage_cost,
        underage_cost=underage_cost,
        mean_units=mean_units,
    )
    return DiscreteNewsvendor(share, level, float(cost))
