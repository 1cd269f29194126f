"""Order quantities that a supplier will accept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from oracles.eoq import eoq_units, lot_annual_cost
from restock.inventory.packs import packs_down, packs_up
from restock.statistics.arrays import Numbers, floats


class FeasibleLot(NamedTuple):
    """Best order quantity that pack, minimum and maximum allow.

    Attributes:
        order_qty_units: Units per order, a whole number of packs; NaN if infeasible.
        annual_cost: Ordering plus holding cost. Currency per year; NaN if infeasible.
        is_feasible: Whether a best quantity exists.
    """

    order_qty_units: Numbers
    annual_cost: Numbers
    is_feasible: bool | npt.NDArray[np.bool_]


def order_qty_feasible(
    *,
    annual_demand_units: Numbers,
    order_cost: Numbers,
    holding_cost_per_unit_year: Numbers,
    pack_size_units: Numbers,
    min_order_units: Numbers,
    max_order_units: Numbers,
) -> FeasibleLot:
    """Whole packs between minimum and maximum with the least yearly cost.

    The cost is convex in the quantity, so the best multiple is one of the two around
    the economic order quantity, moved into the range that is allowed. Minimum and
    maximum are rounded to packs first: rounding before the minimum is applied can
    return less than the minimum.

    Args:
        annual_demand_units: Units per year, any shape. Without demand nothing is
            ordered, whatever the minimum.
        order_cost: Currency per order.
        holding_cost_per_unit_year: Currency per unit and year. Where it is zero, only
            a maximum makes a quantity best.
        pack_size_units: Units per pack, above zero; need not be whole.
        min_order_units: Fewest units per order; NaN means none.
        max_order_units: Most units per order; NaN means none.

    Returns:
        Quantity, cost and feasibility, of the broadcast shape. Of two equally cheap
        quantities the smaller.

    References:
        Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., 2019,
        section 3.2: convexity of the cost.
    """
    demand, order, holding, pack, least, most = floats(
        annual_demand_units,
        order_cost,
        holding_cost_per_unit_year,
        pack_size_units,
        min_order_units,
        max_order_units,
    )
    eoq = eoq_units(
        annual_demand_units=demand,
        order_cost=order,
        holding_cost_per_unit_year=holding,
    )
    lowest = np.maximum(packs_up(np.nan_to_num(least), pack), 1.0)
    highest = np.where(np.isnan(most), np.inf, packs_down(most, pack))
    no_optimum = (holding <= 0) & np.isinf(highest)
    target = np.where(holding <= 0, highest, eoq / pack)
    low = np.clip(np.floor(target), lowest, highest)
    high = np.clip(np.ceil(target), lowest, highest)
    # TC(low) <= TC(high) exactly where Q*^2 <= low x high.
    take_low = target * target <= low * high * (1 + 1e-12)
    quantity = np.where(take_low, low, high) * pack

    known = ~np.isnan(demand + order + holding + pack)
    idle = known & (demand <= 0)
    feasible = known & (idle | ((lowest <= highest) & ~no_optimum))
    quantity = np.where(idle, 0.0, np.where(feasible, quantity, np.nan))
    cost = lot_annual_cost(
        order_qty_units=quantity,
        annual_demand_units=demand,
        order_cost=order,
        holding_cost_per_unit_year=holding,
    )
    return FeasibleLot(quantity[()], cost, feasible[()])
