"""What an order is held against: the level of the forecast's distribution.

The one place where simulated demand becomes a reorder point and the part of it that
needs no stock. The plan and the replay both call it; what quantity follows says the
order rule (`order_rule`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from restock.replenishment.demand.demand_windows import Windows
from restock.replenishment.demand.simulated_demand import quantile
from restock.replenishment.levels.lost_before_arrival import Receipts, lost_before
from restock.replenishment.levels.reorder_points import reorder_points
from restock.statistics.arrays import Booleans, Floats, Indices


@dataclass(frozen=True)
class OrderLevels:
    """Levels of some series at one decision, whatever is on the shelf.

    Attributes:
        windows: Their simulated demand.
        mean: Mean demand over lead time plus review. Units, shape (series,).
        fractile: Share of paths that the reorder point covers, shape (series,).
        reorder_point_units: As the target asks, any fraction, shape (series,).
        notes: What is missing and what was done, by series.
        kept: What others work out of it once, by name.
    """

    windows: Windows
    mean: Floats
    fractile: Floats
    reorder_point_units: Floats
    notes: list[tuple[str, str]]
    kept: dict[str, pd.DataFrame] = field(default_factory=dict)

    @cached_property
    def is_zero(self) -> Booleans:
        """Whether no demand is expected at all, shape (series,)."""
        return self.mean == 0

    @cached_property
    def with_lost(self) -> Floats:
        """Quantile of the demand of a cycle, all of it served, shape (series,)."""
        return _at_share(self.windows.cycle.demand, self.fractile)

    def part(self, rows: Indices) -> OrderLevels:
        """Levels of some of the series."""
        return OrderLevels(
            self.windows.part(rows),
            self.mean[rows],
            self.fractile[rows],
            self.reorder_point_units[rows],
            [self.notes[row] for row in rows],
        )

    def lost_units(self, position: Floats, receipts: Receipts) -> Floats:
        """Part of the reorder point for demand lost before an order can come.

        It needs no stock: the quantile without it. Where a service is promised the
        order is the full one, and the part is zero.

        Args:
            position: On hand and what comes in time. Units, shape (series,); NaN
                where unknown.
            receipts: What comes in time, in the order of the series.

        Returns:
            Units, shape (series,).
        """
        is_cost = (self.windows.needs["target"] == "cost").to_numpy()
        is_known = ~np.isnan(position) & ~np.isnan(self.reorder_point_units)
        rows = np.flatnonzero(is_cost & is_known & ~self.is_zero)
        result = np.zeros(len(position))
        if len(rows):
            windows = self.windows.part(rows)
            lost = lost_before(windows, position[rows], receipts.part(rows))
            served = _at_share(windows.cycle.demand - lost, self.fractile[rows])
            result[rows] = self.with_lost[rows] - served
        return result


def order_levels(windows: Windows, *, excess_holding_periods: float = 1.0):
    """Levels that the targets ask for.

    Args:
        windows: Simulated demand of some series.
        excess_holding_periods: Periods that a unit too many is held, for the target
            of least cost; one or more. See `replay.order_rule_trials`.

    Returns:
        `OrderLevels`; NaN where a parameter is unknown.
    """
    cycle = windows.cycle
    mean = windows.protection.mean(axis=1)
    fractile, point, notes = reorder_points(
        windows.needs,
        np.sort(cycle.demand, axis=1),
        cycle.before,
        np.where(cycle.order_units > 0, cycle.order_units, 1.0),
        mean=mean,
        rate=windows.rate,
        lot=windows.lot,
        is_zero=mean == 0,
        excess_holding_periods=excess_holding_periods,
    )
    return OrderLevels(windows, mean, fractile, point, notes)


def _at_share(demand: Floats, fractile: Floats) -> Floats:
    share = np.where(np.isnan(fractile), 1.0, fractile)
    return np.where(share > 0, quantile(np.sort(demand, axis=1), share), 0.0)
