"""Reorder points from the simulated demand of an order cycle.

Least cost, cycle service and fill rate each ask for another point of the same
distribution.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from restock.replenishment.demand.simulated_demand import quantile, stock_for_fill_rate
from restock.statistics.arrays import Booleans, Floats

TARGETS = frozenset({"cost", "cycle_service", "fill_rate"})


def reorder_points(
    needs: pd.DataFrame,
    ordered: Floats,
    before: Floats,
    cycle_demand: Floats,
    *,
    mean: Floats,
    rate: Floats,
    lot: Floats,
    is_zero: Booleans,
    excess_holding_periods: float = 1.0,
) -> tuple[Floats, Floats, list[tuple[str, str]]]:
    """Fractile and reorder point of each series, with what there is to say.

    Args:
        needs: `target`, `service_level`, `holding_cost_per_unit_period`,
            `shortage_cost_per_unit` of each series, as for
            `lead_time_demand.simulate`.
        ordered: Demand of an order cycle in rising order, see
            `simulated_demand.OrderCycle`. Units, shape (series, paths).
        before: Its part that was short before. Units, shape (series, paths).
        cycle_demand: Mean order. Units, shape (series,), above zero.
        mean: Mean demand over lead time plus review, below which no fill rate takes
            the reorder point. Units, shape (series,).
        rate: Mean demand. Units per period, shape (series,).
        lot: Lot. Units, shape (series,).
        is_zero: Whether no demand is expected at all, shape (series,).
        excess_holding_periods: Periods that a unit too many is held.

    Returns:
        Fractile, reorder point in units (NaN where something is missing), and by
        series what is missing and what was done.
    """
    target = needs["target"].to_numpy(dtype=object)
    level = needs["service_level"].to_numpy(dtype=float)
    holding = needs["holding_cost_per_unit_period"].to_numpy(dtype=float)
    holding = holding * excess_holding_periods
    shortage = needs["shortage_cost_per_unit"].to_numpy(dtype=float)
    is_cost, is_cycle, is_fill = (
        target == name for name in ("cost", "cycle_service", "fill_rate")
    )
    has_lot = lot > 0
    missing = np.select(
        [
            is_zero,
            is_cost & np.isnan(holding),
            is_cost & np.isnan(shortage),
            ~is_cost & np.isnan(level),
            ~is_cycle & ~has_lot,
        ],
        [
            "",
            "missing holding cost",
            "missing shortage cost",
            "missing service level",
            "missing lot size",
        ],
        default="",
    )
    usable = missing == ""

    # A unit too many is held until it is missed, which can take several periods.
    # Unmet demand is lost: 1 - P1 = h Q / (h Q + B D), the newsvendor's ratio where a
    # lot is one review's demand. A shortage that costs nothing is worth no stock.
    exposure = np.where(shortage > 0, shortage * rate, 0.0)
    cost = holding * lot + exposure
    ratio = np.divide(exposure, cost, out=np.zeros(len(needs)), where=cost > 0)
    fractile = np.where(is_cost, ratio, np.where(is_cycle, level, np.nan))
    fractile[is_zero & is_cost] = np.nan
    point = np.where(fractile > 0, quantile(ordered, fractile), 0.0)

    stock = np.zeros(len(needs))
    rows = np.flatnonzero(is_fill & usable & ~is_zero)
    if len(rows):
        stock[rows] = stock_for_fill_rate(
            level[rows], ordered[rows], before[rows], cycle_demand[rows]
        )
    point = np.where(is_fill, np.maximum(stock, mean), point)
    point = np.where(is_zero, 0.0, np.where(usable, point, np.nan))
    # The fill rate has no closed fractile: report the one its stock amounts to.
    reached = (ordered <= point[:, None]).mean(axis=1)
    fractile = np.where(is_fill & ~is_zero, reached, fractile)
    fractile = np.where(usable, fractile, np.nan)
    note = np.select(
        [
            usable & ~is_zero & is_cost & (fractile <= 0),
            usable & ~is_zero & is_fill & (stock < mean),
        ],
        ["stock costs more than shortages", "safety stock floored at zero"],
        default="",
    )
    return fractile, point, list(zip(missing, note, strict=True))
