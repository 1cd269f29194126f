"""Exact cost and optimum of reorder-point, order-quantity (r, Q) policies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from oracles.newsvendor import poisson_cost
from oracles.normal import (
    normal_loss,
    normal_loss_second_order,
    normal_quantile,
)

COST_TIE = 1e-12


class ReorderPolicy(NamedTuple):
    """Best reorder point and order quantity; None where no finite one is best.

    Attributes:
        reorder_point_units: Order when the inventory position is at or below this.
        order_qty_units: Units per order.
        cost: Mean ordering, holding and shortage cost. Currency per year.
    """

    reorder_point_units: float | None
    order_qty_units: float | None
    cost: float | None


def _shortage_integral(level: float, mean: float, sigma: float) -> float:
    """Integral, from the level to infinity, of the mean demand in excess."""
    if sigma == 0:
        return max(mean - level, 0.0) ** 2 / 2
    return sigma**2 * float(normal_loss_second_order((level - mean) / sigma))


def reorder_policy_cost_normal(
    *,
    reorder_point_units: float,
    order_qty_units: float,
    holding_cost_per_unit_year: float,
    shortage_cost_per_unit_year: float,
    order_cost: float,
    annual_mean_units: float,
    annual_sigma_units: float,
    lead_time_years: float,
) -> float:
    r"""Exact yearly cost of a reorder point and order quantity, normal demand.

    .. math:: C(r, Q) = \frac{K\lambda + \int_r^{r+Q} g(y)\,dy}{Q}, \quad
        g(y) = h E[(y - D_L)^+] + p E[(D_L - y)^+]

    The integral is taken in closed form by the second-order loss function.

    Args:
        reorder_point_units: Reorder point r. Units.
        order_qty_units: Order quantity Q. Units, above zero.
        holding_cost_per_unit_year: Holding cost h. Currency per unit and year.
        shortage_cost_per_unit_year: Backorder cost p. Currency per unit and *year*.
        order_cost: Order cost K. Currency per order.
        annual_mean_units: Mean demand. Units per year.
        annual_sigma_units: Deviation of yearly demand. Units.
        lead_time_years: Lead time, in the same clock as demand.

    Returns:
        Currency per year.

    Raises:
        ValueError: The order quantity is not above zero.

    References:
        Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., 2019,
        section 5.1. Zheng, On properties of stochastic inventory systems, 1992.
    """
    if order_qty_units <= 0:
        raise ValueError(f"an order quantity must be above 0; got {order_qty_units}")
    mean = annual_mean_units * lead_time_years
    sigma = annual_sigma_units * float(np.sqrt(lead_time_years))
    top = reorder_point_units + order_qty_units
    # g(y) = h (y - mean) + (h + p) E[(D - y)+].
    position = holding_cost_per_unit_year * ((reorder_point_units + top) / 2 - mean)
    shortage = _shortage_integral(
        reorder_point_units, mean, sigma
    ) - _shortage_integral(top, mean, sigma)
    return (
        order_cost * annual_mean_units
        + (holding_cost_per_unit_year + shortage_cost_per_unit_year) * shortage
    ) / order_qty_units + position


def optimal_reorder_point_normal(
    *,
    order_qty_units: float,
    holding_cost_per_unit_year: float,
    shortage_cost_per_unit_year: float,
    annual_mean_units: float,
    annual_sigma_units: float,
    lead_time_years: float,
) -> float:
    r"""Best reorder point for an order quantity, normal demand.

    At the optimum :math:`g(r) = g(r + Q)`: the cost rates at both ends of the range
    that the inventory position runs through are equal.

    Args:
        order_qty_units: Order quantity Q. Units, zero or more.
        holding_cost_per_unit_year: Holding cost h. Currency per unit and year.
        shortage_cost_per_unit_year: Backorder cost p. Currency per unit and year.
        annual_mean_units: Mean demand. Units per year.
        annual_sigma_units: Deviation of yearly demand. Units.
        lead_time_years: Lead time, in the same clock as demand.

    Returns:
        Units; NaN where a cost is not above zero, because no reorder point is best.

    References:
        Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., 2019,
        equation 5.9. Zheng, On properties of stochastic inventory systems, 1992.
    """
    holding, shortage = holding_cost_per_unit_year, shortage_cost_per_unit_year
    if holding <= 0 or shortage <= 0:
        return float("nan")
    mean = annual_mean_units * lead_time_years
    sigma = annual_sigma_units * float(np.sqrt(lead_time_years))
    share = holding / (holding + shortage)
    if sigma == 0:
        return mean - share * order_qty_units
    factor = -float(normal_quantile(share))
    if order_qty_units == 0:
        return mean + factor * sigma
    width = order_qty_units / sigma

    def imbalance(low: float) -> float:
        # (g(r + Q) - g(r)) / ((h + p) sigma), which increases in r.
        loss = float(normal_loss(low)) - float(normal_loss(low + width))
        return share * width - loss

    # The newsvendor factor lies between both ends of the range.
    root = brentq(
        imbalance, factor - width - 1e-9, factor + 1e-9, xtol=1e-15, rtol=1e-14
    )
    return mean + root * sigma


def optimal_reorder_policy_poisson(
    *,
    holding_cost_per_unit_year: float,
    shortage_cost_per_unit_year: float,
    order_cost: float,
    annual_mean_units: float,
    lead_time_years: float,
) -> ReorderPolicy:
    r"""Best reorder point and order quantity under Poisson demand, exact.

    With G(y) the cost rate at inventory position y, the best Q positions are the Q
    cheapest ones, which lie side by side because G is convex. Positions are added
    while they lower the average
    :math:`(K\lambda + \sum_{y=r+1}^{r+Q} G(y)) / Q`.

    Args:
        holding_cost_per_unit_year: Holding cost. Currency per unit and year.
        shortage_cost_per_unit_year: Backorder cost. Currency per unit and year.
        order_cost: Currency per order.
        annual_mean_units: Mean demand. Units per year.
        lead_time_years: Lead time, in the same clock as demand.

    Returns:
        Reorder point, quantity and cost; None where a cost is not above zero. Of
        equally cheap policies the one with the smaller quantity.

    References:
        Federgruen and Zheng, An efficient algorithm for computing an optimal (r, Q)
        policy in continuous review stochastic inventory systems, 1992. Snyder and
        Shen, Fundamentals of Supply Chain Theory, 2nd ed., 2019, section 5.5.
    """
    if holding_cost_per_unit_year <= 0 or shortage_cost_per_unit_year <= 0:
        return ReorderPolicy(None, None, None)
    mean = annual_mean_units * lead_time_years

    def rate(position: int) -> float:
        return float(
            poisson_cost(
                position,
                overage_cost=holding_cost_per_unit_year,
                underage_cost=shortage_cost_per_unit_year,
                mean_units=mean,
            )
        )

    lowest = int(mean)
    while rate(lowest - 1) <= rate(lowest):
        lowest -= 1
    while rate(lowest + 1) < rate(lowest) * (1 - COST_TIE):
        lowest += 1
    highest = lowest
    total = order_cost * annual_mean_units + rate(lowest)
    quantity = 1
    below, above = rate(lowest - 1), rate(highest + 1)
    while min(below, above) < total / quantity * (1 - COST_TIE):
        total += min(below, above)
        quantity += 1
        if below <= above:
            lowest -= 1
            below = rate(lowest - 1)
        else:
            highest += 1
            above = rate(highest + 1)
    return ReorderPolicy(float(lowest - 1), float(quantity), total / quantity)
