"""Lead times that a supplier has shown."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class LeadTimeStatistics(NamedTuple):
    """Statistics of lead times.

    Attributes:
        n_receipt_lines: Lead times behind the numbers.
        mean_days: Mean.
        sd_days: Sample deviation (n - 1); NaN for fewer than two.
        p50_days: Median.
        p90_days: 90 percent quantile by linear interpolation.
        max_days: Longest.
    """

    n_receipt_lines: int
    mean_days: float
    sd_days: float
    p50_days: float
    p90_days: float
    max_days: float


def lead_time_statistics(
    lead_time_days: npt.NDArray[np.float64],
) -> LeadTimeStatistics:
    """Mean, deviation and quantiles of lead times.

    Args:
        lead_time_days: Days from order to receipt, one per receipt line, shape (n,).
            Lines still open belong to a censored estimate, not here.

    Returns:
        The statistics; NaN where there are too few lead times for one.

    Examples:
        >>> lead_time_statistics(np.array([8.0, 10.0, 12.0])).p90_days
        11.6
    """
    days = np.asarray(lead_time_days, dtype=float)
    nan = float("nan")
    if not days.size:
        return LeadTimeStatistics(0, nan, nan, nan, nan, nan)
    return LeadTimeStatistics(
        days.size,
        float(days.mean()),
        float(days.std(ddof=1)) if days.size > 1 else nan,
        float(np.quantile(days, 0.5)),
        float(np.quantile(days, 0.9)),
        float(days.max()),
    )
