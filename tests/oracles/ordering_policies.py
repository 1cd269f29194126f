"""Textbook ordering policies, for `simulator.simulate` to be held against.

A level is either the same at every decision, shape (series,), or its own at each,
shape (series, decisions): the latter when a forecast is renewed.
"""

from __future__ import annotations

import numpy as np

from restock.replenishment.replay.simulator import Policy, VisibleState
from restock.statistics.arrays import Floats, ratio

# A position of 20.000000001 is at a reorder point of 20.
LEVEL_SLACK = 1e-9


def base_stock(order_up_to_units: Floats) -> Policy:
    """Order up to a level at every review, (R, S).

    Args:
        order_up_to_units: Level S. Units, shape (series,) or (series, decisions).

    Returns:
        The policy.

    References:
        Silver, Pyke and Thomas, Inventory and Production Management in Supply
        Chains, 4th ed., 2017, chapter 7.
    """

    def policy(state: VisibleState) -> Floats:
        return level_at(order_up_to_units, state.decision) - state.position_units

    return policy


def min_max(reorder_point_units: Floats, order_up_to_units: Floats) -> Policy:
    """Order up to S when the position is at or below s, (s, S).

    Args:
        reorder_point_units: Level s. Units, shape (series,) or (series, decisions).
        order_up_to_units: Level S. Units, same shapes.

    Returns:
        The policy.

    References:
        Zheng and Federgruen, Finding optimal (s, S) policies is about as simple as
        evaluating a single policy, 1991.
    """

    def policy(state: VisibleState) -> Floats:
        gap = level_at(reorder_point_units, state.decision) - state.position_units
        wanted = level_at(order_up_to_units, state.decision) - state.position_units
        # What an unknown level wants is unknown, not nothing.
        return np.select(
            [np.isnan(gap), gap >= -LEVEL_SLACK], [np.nan, wanted], default=0.0
        )

    return policy


def reorder_point_lots(reorder_point_units: Floats, lot_units: Floats) -> Policy:
    """Order whole lots when the position is at or below r, (r, nQ).

    As many lots as lift the position above r: one, unless demand since the last
    review was larger than a lot.

    Args:
        reorder_point_units: Level r. Units, shape (series,) or (series, decisions).
        lot_units: Lot Q. Units, same shapes, above zero.

    Returns:
        The policy.

    References:
        Zheng, On properties of stochastic inventory systems, 1992.
    """

    def policy(state: VisibleState) -> Floats:
        lot = level_at(lot_units, state.decision)
        gap = level_at(reorder_point_units, state.decision) - state.position_units
        lots = np.floor(ratio(gap + LEVEL_SLACK, lot)) + 1
        # At a decision that is not taken there is no lot. An unknown gap stays unknown.
        return np.where((gap < -LEVEL_SLACK) | (lot <= 0), 0.0, lots * lot)

    return policy


def level_at(level: Floats, decision: int) -> Floats:
    """Level of a decision, whether it is one for all or one for each.

    Args:
        level: Shape (series,) or (series, decisions).
        decision: Number of the decision.

    Returns:
        Level, shape (series,).
    """
    return level[:, decision] if np.ndim(level) == 2 else level
