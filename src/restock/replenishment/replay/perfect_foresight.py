r"""Orders of one who knows demand and lead times: a lower bound of every policy's cost.

Without packs and minimums the best orders arrive when they are needed and serve a run
of periods. With net requirements n (what would be lost if nothing were ordered), an
order that comes in period j and is followed by one in period k costs

.. math:: K + \sum_{t=j}^{k-1} n_t \min\bigl(p,\ h\,(t - j)\bigr)

so a unit is bought if keeping it costs less than losing it. The best sequence is a
shortest path.

References:
    Wagner and Whitin, Dynamic version of the economic lot size model, 1958. Aksen,
    Altinkemer and Chand, The single-item lot-sizing problem with immediate lost
    sales, European Journal of Operational Research 147, 2003.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from restock.replenishment.replay.simulator import Setting, simulate
from restock.statistics.arrays import Floats


class PerfectOrders(NamedTuple):
    """Best orders and the world they are best in.

    Attributes:
        order_units: Units of each decision, shape (series, periods).
        setting: The world without packs and minimums.
    """

    order_units: Floats
    setting: Setting


def perfect_orders(
    setting: Setting,
    *,
    holding_cost_per_unit_period: Floats,
    shortage_cost_per_unit: Floats,
    order_cost: Floats,
) -> PerfectOrders:
    """Orders of least cost when demand and lead times are known.

    Packs and minimums are left out: with them the cost can only rise, so what these
    orders cost bounds every policy in the same world from below.

    Args:
        setting: The world; unmet demand must be lost.
        holding_cost_per_unit_period: Currency, shape (series,), zero or more.
        shortage_cost_per_unit: Currency, shape (series,), zero or more.
        order_cost: Currency per order, shape (series,), zero or more.

    Returns:
        Units of each decision.

    Raises:
        ValueError: Unmet demand waits.
    """
    if setting.unmet != "lost":
        raise ValueError("perfect orders are known for lost demand only")
    free = replace(setting, pack_size_units=None, min_order_units=None)
    net = simulate(free, lambda state: np.zeros(len(state.on_hand_units))).unmet_units
    n_series, n_periods = net.shape
    decision_of_arrival = _decision_of_arrival(free)
    holding = holding_cost_per_unit_period[:, None]
    shortage = shortage_cost_per_unit[:, None]

    # Least cost of the periods from j on, where an order comes in j.
    value = np.full((n_series, n_periods + 1), np.inf)
    value[:, n_periods] = 0.0
    following = np.zeros((n_series, n_periods), dtype=np.int64)
    for arrival in range(n_periods - 1, -1, -1):
        age = np.arange(n_periods - arrival)
        kept = net[:, arrival:] * np.minimum(shortage, holding * age)
        total = np.cumsum(kept, axis=1) + value[:, arrival + 1 :]
        choice = np.argmin(total, axis=1)
        following[:, arrival] = arrival + 1 + choice
        best = np.take_along_axis(total, choice[:, None], axis=1)[:, 0]
        reachable = decision_of_arrival[:, arrival] >= 0
        value[reachable, arrival] = order_cost[reachable] + best[reachable]

    lost_before = np.concatenate(
        [np.zeros((n_series, 1)), np.cumsum(net * shortage, axis=1)], axis=1
    )
    arrival = np.argmin(lost_before + value, axis=1)
    order_units = np.zeros((n_series, n_periods))
    rows = np.arange(n_series)
    periods = np.arange(n_periods)
    while (arrival < n_periods).any():
        open_rows = rows[arrival < n_periods]
        begin = arrival[open_rows][:, None]
        end = following[open_rows, begin[:, 0]][:, None]
        is_served = (
            (periods >= begin)
            & (periods < end)
            & (holding[open_rows] * (periods - begin) < shortage[open_rows])
        )
        units = np.where(is_served, net[open_rows], 0.0).sum(axis=1)
        order_units[open_rows, decision_of_arrival[open_rows, begin[:, 0]]] = units
        arrival[open_rows] = end[:, 0]
    return PerfectOrders(order_units, free)


def _decision_of_arrival(setting: Setting) -> npt.NDArray[np.int64]:
    """Last decision whose order comes in each period; -1 where none does."""
    n_series, n_periods = setting.demand_units.shape
    decision_of = np.full((n_series, n_periods), -1, dtype=np.int64)
    rows = np.arange(n_series)
    for decision in range(n_periods):
        arrival = decision + setting.whole_lead_time[:, decision]
        reached = setting.is_decided(decision) & (arrival < n_periods)
        decision_of[rows[reached], arrival[reached]] = decision
    return decision_of
