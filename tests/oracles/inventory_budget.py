"""Cycle stock of many items under one investment budget."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq


class BudgetedLots(NamedTuple):
    """Order quantities that keep the average cycle stock within a budget.

    Attributes:
        unconstrained_investment: Average cycle stock at cost without the budget.
            Currency; None where an item can be held for nothing.
        scale: Investment allowed over the investment wanted, at most 1.
        order_qty_units: Units per order, shape (n,).
        shadow_price_per_year: Yearly cost that one more currency unit of budget
            saves; None at a budget of zero.
    """

    unconstrained_investment: float | None
    scale: float | None
    order_qty_units: npt.NDArray[np.float64]
    shadow_price_per_year: float | None


def eoq_within_budget(
    *,
    budget: float,
    annual_demand_units: npt.NDArray[np.float64],
    order_cost: npt.NDArray[np.float64],
    unit_cost: npt.NDArray[np.float64],
    holding_rate_per_year: npt.NDArray[np.float64],
) -> BudgetedLots:
    r"""Order quantities with the least cost whose average stock value fits a budget.

    With a multiplier :math:`\theta` on the budget each item has
    :math:`Q_j = \sqrt{2 K_j D_j / ((i_j + \theta) c_j)}`. Where all rates are equal
    that scales every quantity alike.

    Args:
        budget: Average cycle stock at cost that is allowed. Currency.
        annual_demand_units: Units per year, shape (n,).
        order_cost: Currency per order, shape (n,).
        unit_cost: Currency per unit, shape (n,), above zero.
        holding_rate_per_year: Share of the unit cost per year, shape (n,).

    Returns:
        Quantities, the investment without the budget, and the shadow price.

    Raises:
        ValueError: The budget is below zero.

    References:
        Silver, Pyke and Thomas, Inventory and Production Management in Supply
        Chains, 4th ed., 2017, exchange curves.
    """
    if budget < 0:
        raise ValueError(f"a budget must be zero or more; got {budget}")
    demand, order, cost, rate = (
        np.asarray(values, dtype=float)
        for values in (
            annual_demand_units,
            order_cost,
            unit_cost,
            holding_rate_per_year,
        )
    )
    # An item's investment is weight / sqrt(rate + multiplier).
    weight = np.sqrt(np.maximum(demand, 0.0) * order * cost / 2)
    wanted = weight > 0

    def investment(multiplier: float) -> float:
        return float(np.sum(weight[wanted] / np.sqrt(rate[wanted] + multiplier)))

    def lots(multiplier: float) -> npt.NDArray[np.float64]:
        quantity = np.zeros_like(weight)
        quantity[wanted] = (
            2 * weight[wanted] / np.sqrt(rate[wanted] + multiplier) / cost[wanted]
        )
        return quantity

    if not wanted.any():
        return BudgetedLots(0.0, 1.0, lots(0.0), 0.0)
    free = bool((rate[wanted] <= 0).any())
    unconstrained = None if free else investment(0.0)
    if unconstrained is not None and unconstrained <= budget:
        return BudgetedLots(unconstrained, 1.0, lots(0.0), 0.0)
    scale = None if unconstrained is None else budget / unconstrained
    if budget == 0:
        return BudgetedLots(unconstrained, scale, np.zeros_like(weight), None)
    # With one common rate the multiplier is exact; else it lies between the values
    # that the lowest and the highest rate would give.
    common = (weight.sum() / budget) ** 2
    low = max(common - rate[wanted].max(), 0.0)
    high = common - rate[wanted].min()
    if high - low <= 1e-12 * common:
        multiplier = high
    else:
        multiplier = brentq(
            lambda value: investment(value) - budget,
            max(low, 1e-15 * common),
            high * (1 + 1e-12),
            xtol=1e-15 * common,
            rtol=1e-14,
        )
    return BudgetedLots(unconstrained, scale, lots(multiplier), float(multiplier))
