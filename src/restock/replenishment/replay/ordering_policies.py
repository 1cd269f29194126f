"""Policies of a replay that do not ask the order rule."""

from __future__ import annotations

import numpy as np

from restock.replenishment.demand.simulated_demand import ROUNDING
from restock.replenishment.replay.foresight import Foresight
from restock.replenishment.replay.simulator import Policy, VisibleState
from restock.statistics.arrays import Floats


def planned_orders(order_units: Floats) -> Policy:
    """Order what was planned beforehand, whatever happens.

    Args:
        order_units: Units of each decision, shape (series, decisions).

    Returns:
        The policy.
    """

    def policy(state: VisibleState) -> Floats:
        return order_units[:, state.decision]

    return policy


def fixed_cover(foresight: Foresight, cover_periods: int) -> Policy:
    """Order up to the forecast of so many periods at every review.

    Args:
        foresight: Forecasts at each decision.
        cover_periods: Periods.

    Returns:
        The policy.
    """

    def policy(state: VisibleState) -> Floats:
        cover = foresight.cover_units(state.decision, cover_periods)
        return np.ceil(cover - ROUNDING) - state.position_units

    return policy
