"""ABC classes by value and XYZ classes by variability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

# Sums of shares meet a cut such as 0.8 only up to rounding.
SHARE_SLACK = 1e-12


class VariabilityClass(NamedTuple):
    """Variability of a demand series.

    Attributes:
        cv: Sample deviation over mean; NaN where there is no mean or no deviation.
        xyz_class: X, Y or Z.
    """

    cv: float
    xyz_class: str


def abc_classes(
    values: Mapping[str, float], *, a_cut: float = 0.8, b_cut: float = 0.95
) -> dict[str, str]:
    """ABC class of each item by its cumulative share of value *before* the item.

    Taking the share including the item puts a product with 98 percent of the value
    into class C.

    Args:
        values: Value of each item, by its key. Currency. Items worth zero or less
            are class C and carry no share.
        a_cut: Share below which an item is A, in (0, 1].
        b_cut: Share below which an item is B, in [a_cut, 1].

    Returns:
        A, B or C by key. Equal values are taken in the order of their keys.

    Raises:
        ValueError: The cuts are not 0 < a_cut <= b_cut <= 1.

    Examples:
        >>> abc_classes({"x": 1000, "y": 20})
        {'x': 'A', 'y': 'C'}

    References:
        Silver, Pyke and Thomas, Inventory and Production Management in Supply
        Chains, 4th ed., 2017, distribution by value. Teunter, Babai and Syntetos,
        ABC classification: service levels and inventory costs, 2010.
    """
    if not 0 < a_cut <= b_cut <= 1:
        raise ValueError(f"cuts must be 0 < a <= b <= 1; got {a_cut} and {b_cut}")
    total = sum(value for value in values.values() if value > 0)
    classes = {}
    before = 0.0
    for key, value in sorted(values.items(), key=lambda item: (-item[1], item[0])):
        share_before = before / total if total > 0 else 1.0
        if value <= 0:
            classes[key] = "C"
        elif share_before < a_cut - SHARE_SLACK:
            classes[key] = "A"
        elif share_before < b_cut - SHARE_SLACK:
            classes[key] = "B"
        else:
            classes[key] = "C"
        before += max(value, 0.0)
    return {key: classes[key] for key in values}


def xyz_class(
    series_units: npt.NDArray[np.float64], *, x_cut: float = 0.5, y_cut: float = 1.0
) -> VariabilityClass:
    """XYZ class of a series by its coefficient of variation.

    Args:
        series_units: Demand per period, deseasonalised, or forecast errors around
            the mean; shape (n,).
        x_cut: Highest coefficient of class X.
        y_cut: Highest coefficient of class Y, at least `x_cut`.

    Returns:
        Coefficient of variation with the sample deviation (n - 1), and the class. Z
        where the mean is not above zero or there are fewer than two periods.

    Raises:
        ValueError: `y_cut` is below `x_cut`.

    Examples:
        >>> xyz_class(np.array([10.0, 10.0, 10.0]))
        VariabilityClass(cv=0.0, xyz_class='X')
    """
    if y_cut < x_cut:
        raise ValueError(f"the cut of Y, {y_cut}, is below that of X, {x_cut}")
    series = np.asarray(series_units, dtype=float)
    if series.size < 2 or series.mean() <= 0:
        return VariabilityClass(float("nan"), "Z")
    cv = float(series.std(ddof=1) / series.mean())
    if cv <= x_cut + SHARE_SLACK:
        return VariabilityClass(cv, "X")
    return VariabilityClass(cv, "Y" if cv <= y_cut + SHARE_SLACK else "Z")
