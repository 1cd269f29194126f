"""Items that share the cost of an order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class JointPlan(NamedTuple):
    """Orders of items that share the cost of an order.

    Attributes:
        base_cycle_years: Time between orders; NaN where nothing has demand.
        multiples: Each item is in every so many orders, shape (n,); zero for an item
            without demand.
        order_qty_units: Units per order of each item, shape (n,).
        cost: Ordering plus holding cost. Currency per year.
        orders_per_year: Orders per year.
    """

    base_cycle_years: float
    multiples: npt.NDArray[np.float64]
    order_qty_units: npt.NDArray[np.float64]
    cost: float
    orders_per_year: float


def _plan(
    shared: float,
    line: npt.NDArray[np.float64],
    holding: npt.NDArray[np.float64],
    demand: npt.NDArray[np.float64],
    multiples: npt.NDArray[np.float64],
) -> JointPlan:
    active = multiples > 0
    if not active.any():
        return JointPlan(float("nan"), multiples, np.zeros_like(demand), 0.0, 0.0)
    ordering = shared + float(np.sum(line[active] / multiples[active]))
    holding_rate = float(np.sum(holding[active] * multiples[active] * demand[active]))
    cycle = float(np.sqrt(2 * ordering / holding_rate))
    return JointPlan(
        cycle,
        multiples,
        cycle * multiples * demand,
        float(np.sqrt(2 * ordering * holding_rate)),
        1 / cycle,
    )


def _arrays(
    *values: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], ...]:
    line, holding, demand = (np.asarray(value, dtype=float) for value in values)
    if not line.shape == holding.shape == demand.shape:
        raise ValueError("line costs, holding costs and demands differ in length")
    demand = np.maximum(demand, 0.0)
    if (holding[demand > 0] <= 0).any():
        raise ValueError("a holding cost must be above 0")
    return line, holding, demand


def joint_replenishment(
    *,
    shared_order_cost: float,
    line_order_cost: npt.NDArray[np.float64],
    holding_cost_per_unit_year: npt.NDArray[np.float64],
    annual_demand_units: npt.NDArray[np.float64],
) -> JointPlan:
    r"""Common order cycle in which slow items join only every m-th order.

    The item with the smallest :math:`k_j / (h_j \lambda_j)` is in every order; the
    others have

    .. math:: m_j = \sqrt{\frac{k_j}{h_j\lambda_j}
        \cdot \frac{h_1 \lambda_1}{K + k_1}} \text{, rounded, at least 1.}

    Args:
        shared_order_cost: Cost K of an order, whatever is in it. Currency.
        line_order_cost: Cost k of an item's line. Currency, shape (n,).
        holding_cost_per_unit_year: Currency per unit and year, shape (n,).
        annual_demand_units: Units per year, shape (n,). Items without demand are
            left out.

    Returns:
        Cycle, multiples, quantities and cost.

    Raises:
        ValueError: Shapes differ, a holding cost is not above zero, or an order with
            the first item costs nothing.

    References:
        Silver, A simple method of determining order quantities in joint
        replenishments under deterministic demand, 1976.
    """
    line, holding, demand = _arrays(
        line_order_cost, holding_cost_per_unit_year, annual_demand_units
    )
    active = demand > 0
    multiples = np.zeros_like(demand)
    if active.any():
        flow = holding * demand
        weight = np.full_like(demand, np.inf)
        weight[active] = line[active] / flow[active]
        first = int(np.argmin(weight))
        if shared_order_cost + line[first] <= 0:
            raise ValueError("an order must cost something")
        factor = flow[first] / (shared_order_cost + line[first])
        multiples[active] = np.maximum(np.rint(np.sqrt(weight[active] * factor)), 1.0)
        multiples[first] = 1.0
    return _plan(shared_order_cost, line, holding, demand, multiples)


def full_aggregation(
    *,
    shared_order_cost: float,
    line_order_cost: npt.NDArray[np.float64],
    holding_cost_per_unit_year: npt.NDArray[np.float64],
    annual_demand_units: npt.NDArray[np.float64],
) -> JointPlan:
    """Common order cycle in which every item is in every order.

    Args:
        shared_order_cost: Cost of an order, whatever is in it. Currency.
        line_order_cost: Cost of an item's line. Currency, shape (n,).
        holding_cost_per_unit_year: Currency per unit and year, shape (n,).
        annual_demand_units: Units per year, shape (n,). Items without demand are
            left out.

    Returns:
        Cycle, multiples, quantities and cost.

    Raises:
        ValueError: Shapes differ or a holding cost is not above zero.

    References:
        Chopra and Meindl, Supply Chain Management, chapter on cycle inventory:
        complete aggregation.
    """
    line, holding, demand = _arrays(
        line_order_cost, holding_cost_per_unit_year, annual_demand_units
    )
    return _plan(shared_order_cost, line, holding, demand, (demand > 0).astype(float))


def optimal_joint_replenishment(
    *,
    shared_order_cost: float,
    line_order_cost: npt.NDArray[np.float64],
    holding_cost_per_unit_year: npt.NDArray[np.float64],
    annual_demand_units: npt.NDArray[np.float64],
) -> JointPlan:
    r"""Common order cycle and multiples with the least cost of all.

    For a base cycle T the best multiple of an item is the m with

    .. math:: m (m - 1) \le \frac{2 k_j}{h_j \lambda_j T^2} \le m (m + 1)

    so only the cycles at which a multiple changes need be looked at, down to the one
    whose shared orders, with what every item costs at its own best, cost more than the
    best plan so far. Without a shared cost
    nothing is joint: the plan is then that of `joint_replenishment`.

    Args:
        shared_order_cost: Cost K of an order, whatever is in it. Currency.
        line_order_cost: Cost k of an item's line. Currency, shape (n,).
        holding_cost_per_unit_year: Currency per unit and year, shape (n,).
        annual_demand_units: Units per year, shape (n,). Items without demand are
            left out.

    Returns:
        Cycle, multiples, quantities and cost.

    Raises:
        ValueError: See `joint_replenishment`.

    Examples:
        >>> plan = optimal_joint_replenishment(
        ...     shared_order_cost=10.0,
        ...     line_order_cost=np.array([1.0, 40.0]),
        ...     holding_cost_per_unit_year=np.array([1.0, 1.0]),
        ...     annual_demand_units=np.array([1000.0, 100.0]),
        ... )
        >>> plan.multiples
        array([1., 6.])

    References:
        Goyal, Determination of optimum packaging frequency of items jointly
        replenished, 1974.
    """
    terms = {
        "shared_order_cost": shared_order_cost,
        "line_order_cost": line_order_cost,
        "holding_cost_per_unit_year": holding_cost_per_unit_year,
        "annual_demand_units": annual_demand_units,
    }
    best = joint_replenishment(**terms)
    if shared_order_cost <= 0 or not (best.multiples > 0).any():
        return best
    together = full_aggregation(**terms)
    best = min(best, together, key=lambda plan: plan.cost)
    line, holding, demand = _arrays(
        line_order_cost, holding_cost_per_unit_year, annual_demand_units
    )
    active = demand > 0
    # Square of the base cycle below which an item's multiple is more than m:
    # reach / (m (m + 1)).
    reach = np.zeros_like(demand)
    reach[active] = 2 * line[active] / (holding[active] * demand[active])
    multiples = active.astype(float)
    least = float(np.sqrt(2 * line[active] * holding[active] * demand[active]).sum())
    while True:
        square = reach / (multiples * (multiples + 1) + ~active)
        item = int(np.argmax(square))
        # Orders of a shorter cycle cost more than what the items do not need at least.
        if square[item] * (best.cost - least) ** 2 <= shared_order_cost**2:
            return best
        multiples[item] += 1
        plan = _plan(shared_order_cost, line, holding, demand, multiples.copy())
        if plan.cost < best.cost * (1 - 1e-12):
            best = plan
