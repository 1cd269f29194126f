"""Demand classes by how often and how evenly an item sells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

ADI_CUT = 1.32
CV_SQUARED_CUT = 0.49
CUT_SLACK = 1e-12


class DemandClass(NamedTuple):
    """Demand pattern of a series.

    Attributes:
        average_demand_interval: Periods per period with demand; None without demand.
        cv_squared: Squared coefficient of variation of the demand sizes; zero for a
            single size, None without demand.
        demand_class: smooth, erratic, intermittent or lumpy; None without demand.
    """

    average_demand_interval: float | None
    cv_squared: float | None
    demand_class: str | None


def demand_class(
    series_units: npt.NDArray[np.float64],
    *,
    adi_cut: float = ADI_CUT,
    cv_squared_cut: float = CV_SQUARED_CUT,
) -> DemandClass:
    """Class of a demand series by interval and size variation.

    The class depends on the period: a product that is smooth by week may be lumpy by
    day. It is a label, not a choice of forecasting model.

    Args:
        series_units: Demand per period with its zeros, shape (n,). Values of zero and
            below are no demand.
        adi_cut: Interval from which demand is intermittent or lumpy. Periods.
        cv_squared_cut: Variation from which demand is erratic or lumpy.

    Returns:
        Interval, variation (sample deviation, of the periods with demand only) and
        class.

    Examples:
        >>> demand_class(np.array([3.0, 0.0, 3.0, 0.0])).demand_class
        'intermittent'

    References:
        Syntetos, Boylan and Croston, On the categorization of demand patterns, 2005.
    """
    series = np.asarray(series_units, dtype=float)
    sizes = series[series > 0]
    if not sizes.size:
        return DemandClass(None, None, None)
    interval = float(series.size / sizes.size)
    variation = (
        float((sizes.std(ddof=1) / sizes.mean()) ** 2) if sizes.size > 1 else 0.0
    )
    is_rare = interval >= adi_cut * (1 - CUT_SLACK)
    is_uneven = variation >= cv_squared_cut * (1 - CUT_SLACK)
    if is_rare:
        label = "lumpy" if is_uneven else "intermittent"
    else:
        label = "erratic" if is_uneven else "smooth"
    return DemandClass(interval, variation, label)
