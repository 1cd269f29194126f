"""Periodic-review (s, S) policies: order up to S when the position is at or below s."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import poisson

from oracles.newsvendor import newsvendor_poisson, poisson_cost

MASS_TOLERANCE = 1e-6
COST_TIE = 1e-12


class MinMaxPolicy(NamedTuple):
    """Reorder level and order-up-to level.

    Attributes:
        reorder_level_units: Order when the position is at or below this (s).
        order_up_to_units: Order up to this (S).
        cost: Mean ordering, holding and shortage cost per period. Currency.
    """

    reorder_level_units: float
    order_up_to_units: float
    cost: float


def _renewal_density(
    probabilities: npt.NDArray[np.float64], length: int
) -> npt.NDArray[np.float64]:
    """Mean visits to each depth below S in one cycle, for depths 0 to length - 1."""
    padded = np.zeros(max(length, probabilities.size))
    padded[: probabilities.size] = probabilities
    visits = np.zeros(length)
    for depth in range(length):
        reached = visits[:depth] @ padded[depth:0:-1][:depth] if depth else 1.0
        visits[depth] = reached / (1 - padded[0])
    return visits


def _policy_cost(
    *,
    probabilities: npt.NDArray[np.float64],
    period_cost: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]],
    order_cost: float,
    reorder_level: int,
    order_up_to: int,
) -> float:
    """Cost of a cycle over its length, by renewal reward."""
    if order_up_to <= reorder_level:
        raise ValueError(
            f"the order-up-to level, {order_up_to}, must exceed the reorder level,"
            f" {reorder_level}"
        )
    if probabilities[0] >= 1:
        return float(period_cost(np.array([float(order_up_to)]))[0])
    visits = _renewal_density(probabilities, order_up_to - reorder_level)
    positions = order_up_to - np.arange(visits.size, dtype=float)
    return float((order_cost + visits @ period_cost(positions)) / visits.sum())


def _check_levels(reorder_level: float, order_up_to: float) -> tuple[int, int]:
    if reorder_level != int(reorder_level) or order_up_to != int(order_up_to):
        raise ValueError(
            f"levels must be whole units; got {reorder_level} and {order_up_to}"
        )
    return int(reorder_level), int(order_up_to)


def min_max_cost(
    *,
    holding_cost_per_unit_period: float,
    shortage_cost_per_unit_period: float,
    order_cost: float,
    demand_probabilities: npt.NDArray[np.float64],
    reorder_level_units: float,
    order_up_to_units: float,
) -> float:
    """Exact cost per period of an (s, S) policy under any discrete demand.

    Orders arrive at once, unmet demand waits. Position after ordering is a renewal
    process that starts anew at S with each order.

    Args:
        holding_cost_per_unit_period: Currency per unit left at the end of a period.
        shortage_cost_per_unit_period: Currency per unit waiting at the end.
        order_cost: Currency per order.
        demand_probabilities: Probability of a demand of 0, 1, 2 ... units in a
            period, shape (highest demand + 1,). The last one counts too.
        reorder_level_units: Order at or below this (s). Whole units, any sign.
        order_up_to_units: Order up to this (S). Whole units, above s.

    Returns:
        Currency per period.

    Raises:
        ValueError: The probabilities do not add to 1, or the levels are not whole
            units with S above s.

    Examples:
        >>> min_max_cost(
        ...     holding_cost_per_unit_period=1,
        ...     shortage_cost_per_unit_period=4,
        ...     order_cost=5,
        ...     demand_probabilities=np.full(4, 0.25),
        ...     reorder_level_units=0,
        ...     order_up_to_units=3,
        ... )
        4.09375

    References:
        Zheng and Federgruen, Finding optimal (s, S) policies is about as simple as
        evaluating a single policy, 1991.
    """
    probabilities = np.asarray(demand_probabilities, dtype=float)
    if not probabilities.size or abs(probabilities.sum() - 1) > MASS_TOLERANCE:
        raise ValueError(f"probabilities must add to 1; got {probabilities}")
    reorder_level, order_up_to = _check_levels(reorder_level_units, order_up_to_units)
    demands = np.arange(probabilities.size, dtype=float)

    def period_cost(position: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        left = position[:, np.newaxis] - demands
        cost = holding_cost_per_unit_period * np.maximum(left, 0.0)
        cost += shortage_cost_per_unit_period * np.maximum(-left, 0.0)
        return cost @ probabilities

    return _policy_cost(
        probabilities=probabilities,
        period_cost=period_cost,
        order_cost=order_cost,
        reorder_level=reorder_level,
        order_up_to=order_up_to,
    )


def min_max_cost_poisson(
    *,
    holding_cost_per_unit_period: float,
    shortage_cost_per_unit_period: float,
    order_cost: float,
    mean_units: float,
    reorder_level_units: float,
    order_up_to_units: float,
) -> float:
    """Exact cost per period of an (s, S) policy under Poisson demand.

    Args:
        holding_cost_per_unit_period: Currency per unit left at the end of a period.
        shortage_cost_per_unit_period: Currency per unit waiting at the end.
        order_cost: Currency per order.
        mean_units: Mean demand. Units per period.
        reorder_level_units: Order at or below this (s). Whole units.
        order_up_to_units: Order up to this (S). Whole units, above s.

    Returns:
        Currency per period.

    Raises:
        ValueError: The levels are not whole units with S above s.

    References:
        Zheng and Federgruen, Finding optimal (s, S) policies is about as simple as
        evaluating a single policy, 1991.
    """
    reorder_level, order_up_to = _check_levels(reorder_level_units, order_up_to_units)

    def period_cost(position: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return poisson_cost(
            position,
            overage_cost=holding_cost_per_unit_period,
            underage_cost=shortage_cost_per_unit_period,
            mean_units=mean_units,
        )

    return _policy_cost(
        probabilities=poisson.pmf(
            np.arange(max(order_up_to - reorder_level, 1)), mean_units
        ),
        period_cost=period_cost,
        order_cost=order_cost,
        reorder_level=reorder_level,
        order_up_to=order_up_to,
    )


def optimal_min_max_poisson(
    *,
    holding_cost_per_unit_period: float,
    shortage_cost_per_unit_period: float,
    order_cost: float,
    mean_units: float,
) -> MinMaxPolicy:
    """Best (s, S) policy under Poisson demand, exact.

    Args:
        holding_cost_per_unit_period: Currency per unit left, above zero.
        shortage_cost_per_unit_period: Currency per unit waiting, above zero.
        order_cost: Currency per order, zero or more.
        mean_units: Mean demand. Units per period, zero or more.

    Returns:
        Levels and cost per period.

    Raises:
        ValueError: A unit cost is not above zero.

    References:
        Zheng and Federgruen, Finding optimal (s, S) policies is about as simple as
        evaluating a single policy, 1991.
    """
    if holding_cost_per_unit_period <= 0 or shortage_cost_per_unit_period <= 0:
        raise ValueError("holding and shortage cost must be above 0")
    if mean_units <= 0:
        return MinMaxPolicy(-1.0, 0.0, 0.0)

    def period_cost(position: int) -> float:
        return float(
            poisson_cost(
                position,
                overage_cost=holding_cost_per_unit_period,
                underage_cost=shortage_cost_per_unit_period,
                mean_units=mean_units,
            )
        )

    def cost(reorder_level: int, order_up_to: int) -> float:
        return min_max_cost_poisson(
            holding_cost_per_unit_period=holding_cost_per_unit_period,
            shortage_cost_per_unit_period=shortage_cost_per_unit_period,
            order_cost=order_cost,
            mean_units=mean_units,
            reorder_level_units=reorder_level,
            order_up_to_units=order_up_to,
        )

    best_position = int(
        newsvendor_poisson(
            overage_cost=holding_cost_per_unit_period,
            underage_cost=shortage_cost_per_unit_period,
            mean_units=mean_units,
        ).order_up_to_units
    )
    best_up_to = best_position
    reorder_level = best_position - 1
    while cost(reorder_level, best_up_to) > period_cost(reorder_level):
        reorder_level -= 1
    best = cost(reorder_level, best_up_to)
    up_to = best_up_to + 1
    # No order-up-to level whose own period costs more than the best cycle can win.
    while period_cost(up_to) <= best:
        if cost(reorder_level, up_to) < best * (1 - COST_TIE):
            best_up_to = up_to
            while reorder_level + 1 < best_up_to and cost(
                reorder_level, best_up_to
            ) <= period_cost(reorder_level + 1):
                reorder_level += 1
            best = cost(reorder_level, best_up_to)
        up_to += 1
    return MinMaxPolicy(float(reorder_level), float(best_up_to), best)


def min_max_power_approximation(
    *,
    holding_cost_per_unit_period: float,
    shortage_cost_per_unit_period: float,
    order_cost: float,
    mean_units: float,
    sigma_units: float,
) -> tuple[float, float]:
    """(s, S) levels by the revised power approximation, with no lead time.

    Args:
        holding_cost_per_unit_period: Currency per unit left.
        shortage_cost_per_unit_period: Currency per unit waiting.
        order_cost: Currency per order.
        mean_units: Mean demand. Units per period.
        sigma_units: Deviation of demand per period. Units.

    Returns:
        Reorder level s and order-up-to level S, in units, not rounded; NaN where a
        mean, deviation or cost is not above zero.

    References:
        Ehrhardt and Mosier, A revision of the power approximation for computing
        (s, S) policies, 1984.
    """
    inputs = (
        holding_cost_per_unit_period,
        shortage_cost_per_unit_period,
        order_cost,
        mean_units,
        sigma_units,
    )
    if min(inputs) <= 0:
        return float("nan"), float("nan")
    lot = (
        1.30
        * mean_units**0.494
        * (order_cost / holding_cost_per_unit_period) ** 0.506
        * (1 + (sigma_units / mean_units) ** 2) ** 0.116
    )
    factor = np.sqrt(
        lot / sigma_units * holding_cost_per_unit_period / shortage_cost_per_unit_period
    )
    reorder_level = 0.973 * mean_units + sigma_units * (
        0.183 / factor + 1.063 - 2.192 * factor
    )
    return float(reorder_level), float(reorder_level + lot)
