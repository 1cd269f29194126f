"""Lot sizes for demand that varies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from restock.statistics.arrays import Floats

COST_TIE = 1e-12


class LotPlan(NamedTuple):
    """Orders of each period and their cost.

    Attributes:
        cost: Ordering plus holding cost over the horizon. Currency.
        order_qty_units: Units ordered at the start of each period.
    """

    cost: float
    order_qty_units: list[float]


def wagner_whitin_lots(
    *,
    order_cost: float,
    holding_cost_per_unit_period: float,
    demand_units: Sequence[float],
) -> LotPlan:
    """Orders with the least cost that cover a known demand without shortage.

    Dynamic programme over the period of the next order. An order covers whole
    periods; a period without demand needs none. Several plans can cost the same: the
    one that covers fewer periods first is returned.

    Args:
        order_cost: Currency per order.
        holding_cost_per_unit_period: Currency per unit kept to the next period.
        demand_units: Demand of each period, shape (n,), zero or more.

    Returns:
        Cost and plan.

    Raises:
        ValueError: A demand is below zero.

    Examples:
        >>> wagner_whitin_lots(
        ...     order_cost=500,
        ...     holding_cost_per_unit_period=2,
        ...     demand_units=[90, 120, 80, 70],
        ... )
        LotPlan(cost=1380.0, order_qty_units=[210.0, 0.0, 150.0, 0.0])

    References:
        Wagner and Whitin, Dynamic version of the economic lot size model, 1958.
    """
    if any(demand < 0 for demand in demand_units):
        raise ValueError(f"a demand must be zero or more; got {list(demand_units)}")
    horizon = len(demand_units)
    cost_from = [0.0] * (horizon + 1)
    next_order = [0] * horizon
    for first in range(horizon - 1, -1, -1):
        if demand_units[first] == 0:
            cost_from[first] = cost_from[first + 1]
            next_order[first] = first + 1
            continue
        best = float("inf")
        kept = 0.0
        for last in range(first, horizon):
            kept += holding_cost_per_unit_period * (last - first) * demand_units[last]
            cost = order_cost + kept + cost_from[last + 1]
            if cost < best * (1 - COST_TIE):
                best = cost
                next_order[first] = last + 1
        cost_from[first] = best
    plan = [0.0] * horizon
    first = 0
    while first < horizon:
        plan[first] = float(sum(demand_units[first : next_order[first]]))
        first = next_order[first]
    return LotPlan(cost_from[0], plan)


def current_lot(
    eoq_units: Floats,
    max_lot_units: Floats,
    *,
    demand_mean_units: Floats,
    forecast_mean_units: Floats,
    pack_size_units: Floats,
    min_order_units: Floats,
) -> Floats:
    r"""Lot at the demand that is forecast, where that is below the year's.

    .. math:: Q = \max(Q_{min},\ \min(Q^*\sqrt{\rho},\ Q_{max}\,\rho)), \qquad
              \rho = \min(1,\ \bar f / \bar d)

    Out of season and after a decline a year's lot would last many times longer than
    meant. In season it is not raised: what lies behind the forecast may be slow again.
    The least that can be ordered is a lot too: a minimum of years is not worth ordering
    ahead of need. A single unit is none, and what nobody will buy has none.

    Args:
        eoq_units: Economic order quantity at the year's demand, shape (n,); NaN
            without one.
        max_lot_units: What may be bought at most at that demand, shape (n,).
        demand_mean_units: Mean demand of the year. Units per period, shape (n,).
        forecast_mean_units: Mean forecast. Units per period, shape (n,).
        pack_size_units: Units of a pack, shape (n,), one or more.
        min_order_units: Smallest order, shape (n,), zero or more.

    Returns:
        Units, shape (n,), zero where nothing makes a lot.

    Examples:
        >>> current_lot(
        ...     np.array([40.0, 40.0, 40.0, 40.0, np.nan, 40.0]),
        ...     np.array([100.0, 100.0, 50.0, 100.0, 100.0, 100.0]),
        ...     demand_mean_units=np.full(6, 8.0),
        ...     forecast_mean_units=np.array([16.0, 2.0, 2.0, 2.0, 8.0, 0.0]),
        ...     pack_size_units=np.array([1.0, 1.0, 1.0, 6.0, 1.0, 6.0]),
        ...     min_order_units=np.array([0.0, 0.0, 1.0, 24.0, 0.0, 0.0]),
        ... )
        array([40. , 20. , 12.5, 24. ,  0. ,  0. ])
    """
    share = np.divide(
        forecast_mean_units,
        demand_mean_units,
        out=np.ones(len(eoq_units)),
        where=demand_mean_units > 0,
    )
    share = np.where(forecast_mean_units > 0, np.minimum(share, 1.0), 0.0)
    economic = np.minimum(eoq_units * np.sqrt(share), max_lot_units * share)
    least = np.fmax(pack_size_units, min_order_units)
    least = np.where((least > 1) & (share > 0), least, 0.0)
    return np.fmax(economic, least)
