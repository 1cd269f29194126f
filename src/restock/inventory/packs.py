"""Whole packs, safe against binary fractions such as 0.7 / 0.1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from restock.statistics.arrays import Numbers, ratio

# Seven packs of 0.1 must not become six because 0.7 / 0.1 is 6.999999999999999.
RELATIVE_SLACK = 1e-9


def packs_up(units: Numbers, pack_size_units: Numbers) -> npt.NDArray[np.float64]:
    """Fewest whole packs that hold at least some units.

    Args:
        units: Units, any shape.
        pack_size_units: Units per pack, above zero; need not be whole.

    Returns:
        Packs, of the broadcast shape.

    Examples:
        >>> float(packs_up(3 * 0.1, 0.1))
        3.0
    """
    packs = ratio(units, pack_size_units)
    return np.ceil(packs - RELATIVE_SLACK * np.maximum(1.0, np.abs(packs)))


def packs_down(units: Numbers, pack_size_units: Numbers) -> npt.NDArray[np.float64]:
    """Most whole packs that some units can hold.

    Args:
        units: Units, any shape.
        pack_size_units: Units per pack, above zero; need not be whole.

    Returns:
        Packs, of the broadcast shape.

    Examples:
        >>> float(packs_down(0.7, 0.1))
        7.0
    """
    packs = ratio(units, pack_size_units)
    return np.floor(packs + RELATIVE_SLACK * np.maximum(1.0, np.abs(packs)))
