"""Negative binomial with each item's own mean and variance: the yardstick of counts."""

from __future__ import annotations

import pandas as pd
from scipy import stats

LEAST_VARIANCE_RATIO = 1.2


def quantile(
    level: float | pd.Series, mean: pd.Series, variance: pd.Series, periods: pd.Series
) -> pd.Series:
    """Quantile of demand over some independent periods.

    Args:
        level: Probability, above zero and below one.
        mean: Mean of a period. Units; below zero counts as zero.
        variance: Variance of a period, taken as at least 1.2 times the mean.
        periods: Periods summed, whole or not.

    Returns:
        Units, whole, by item.
    """
    floor = mean.clip(lower=0)
    total = floor * periods
    total_variance = variance.clip(lower=LEAST_VARIANCE_RATIO * floor) * periods
    # No demand has no variance to compare it with.
    safe_total = total.where(total > 0, 1.0)
    safe_variance = total_variance.where(total > 0, LEAST_VARIANCE_RATIO)
    size = safe_total**2 / (safe_variance - safe_total)
    point = stats.nbinom.ppf(level, size, safe_total / safe_variance)
    return pd.Series(point, index=mean.index).where(total > 0, 0.0)
