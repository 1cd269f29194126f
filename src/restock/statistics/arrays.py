"""Array types, and helpers that take null for NaN and divide by zero without end."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Indices = npt.NDArray[np.intp]
Booleans = npt.NDArray[np.bool_]

# A number, or an array of them.
Numbers = float | Floats


def floats(*values: Any) -> tuple[npt.NDArray[np.float64], ...]:
    """Values as float arrays of one common shape.

    Args:
        *values: Numbers or arrays that broadcast; None counts as NaN.

    Returns:
        One array per value, all of the broadcast shape.

    Examples:
        >>> [array.shape for array in floats(1, np.array([2.0, 3.0]))]
        [(2,), (2,)]
    """
    arrays = [np.asarray(value, dtype=float) for value in values]
    return tuple(np.broadcast_arrays(*arrays))


def ratio(numerator: Any, denominator: Any) -> npt.NDArray[np.float64]:
    """Numerator over denominator, NaN where the denominator is zero.

    Args:
        numerator: Any shape that broadcasts with the denominator.
        denominator: Any shape that broadcasts with the numerator.

    Returns:
        The quotient, of the broadcast shape; infinite where it is beyond doubles.

    Examples:
        >>> ratio(np.array([6.0, 1.0]), np.array([3.0, 0.0]))
        array([ 2., nan])
    """
    over, under = floats(numerator, denominator)
    safe = np.where(under == 0, np.nan, under)
    with np.errstate(over="ignore"):
        return (over / safe)[()]
