"""What to order now, given a reorder level and an order-up-to level."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from restock.inventory.packs import packs_down, packs_up
from restock.statistics.arrays import Numbers, floats


class OrderProposal(NamedTuple):
    """Inventory position and the order it calls for.

    Attributes:
        inventory_position_units: On hand plus on order less committed.
        order_qty_units: Units to order, a whole number of packs; zero for none.
    """

    inventory_position_units: Numbers
    order_qty_units: Numbers


def inventory_position(
    *, on_hand_units: Numbers, on_order_units: Numbers, committed_units: Numbers
) -> Numbers:
    """Stock on hand and on order, less what is promised.

    Args:
        on_hand_units: Units, any shape. Below zero it is a data exception and counts
            as zero: the shortage is in the committed units already.
        on_order_units: Units ordered and not received, late ones included.
        committed_units: Units promised to customers.

    Returns:
        Units, of the broadcast shape; may be negative.
    """
    on_hand, on_order, committed = floats(
        on_hand_units, on_order_units, committed_units
    )
    return (np.maximum(on_hand, 0.0) + on_order - committed)[()]


def order_proposal(
    *,
    on_hand_units: Numbers,
    on_order_units: Numbers,
    committed_units: Numbers,
    reorder_point_units: Numbers,
    order_up_to_units: Numbers,
    pack_size_units: Numbers,
    min_order_units: Numbers,
    max_stock_units: Numbers,
) -> OrderProposal:
    """Order that brings the inventory position up to its level.

    Ordered is what the position lacks, at least the minimum, in whole packs, when the
    position is at or below the reorder point and lacks anything. A maximum takes
    packs off again; where what is left falls below the minimum, nothing is ordered.

    Args:
        on_hand_units: Units, any shape; below zero counts as zero.
        on_order_units: Units ordered and not received.
        committed_units: Units promised to customers.
        reorder_point_units: Order at or below this position. Units.
        order_up_to_units: Order up to this position. Units.
        pack_size_units: Units per pack, above zero; need not be whole.
        min_order_units: Fewest units per order; NaN means none.
        max_stock_units: Highest position after the order; NaN means none.

    Returns:
        Position and quantity, of the broadcast shape.

    Examples:
        >>> float(
        ...     order_proposal(
        ...         on_hand_units=50,
        ...         on_order_units=0,
        ...         committed_units=0,
        ...         reorder_point_units=60,
        ...         order_up_to_units=100,
        ...         pack_size_units=12,
        ...         min_order_units=12,
        ...         max_stock_units=np.nan,
        ...     ).order_qty_units
        ... )
        60.0

    References:
        Silver, Pyke and Thomas, Inventory and Production Management in Supply
        Chains, 4th ed., 2017, order-point, order-up-to-level systems.
    """
    position = inventory_position(
        on_hand_units=on_hand_units,
        on_order_units=on_order_units,
        committed_units=committed_units,
    )
    position, reorder_point, up_to, pack, least, most = floats(
        position,
        reorder_point_units,
        order_up_to_units,
        pack_size_units,
        min_order_units,
        max_stock_units,
    )
    least = np.nan_to_num(least)
    wanted = packs_up(np.maximum(up_to - position, least), pack)
    room = np.where(np.isnan(most), np.inf, packs_down(most - position, pack))
    packs = np.minimum(wanted, room)
    packs = np.where(packs >= packs_up(least, pack), np.maximum(packs, 0.0), 0.0)
    quantity = np.where(
        (position <= reorder_point) & (up_to > position), packs * pack, 0.0
    )
    known = ~np.isnan(position + reorder_point + up_to + pack)
    return OrderProposal(position[()], np.where(known, quantity, np.nan)[()])
