"""Features that know too much: by their names, and by their values."""

from __future__ import annotations

import numpy as np
import pandas as pd

from restock import frames
from restock.statistics.arrays import Floats

# Words of columns that are measured when a period closes. Found in a column that
# claims to be known ahead, they are a copy of the target or of its consequence.
OUTCOME_WORDS = frozenset(
    {
        "actual",
        "closing",
        "cogs",
        "demand",
        "inventory",
        "profit",
        "receipts",
        "received",
        "revenue",
        "sales",
        "sold",
        "stock",
        "stockout",
        "target",
        "turnover",
    }
)

# Outcomes of a period, yet fair attributes of a product: the volume of a bottle,
# the margin and tax of a price list, the units of a pack.
PERIOD_OUTCOME_WORDS = OUTCOME_WORDS | {
    "excise",
    "margin",
    "quantity",
    "tax",
    "units",
    "volume",
}


def check_features(columns: list[str]) -> None:
    """Refuse features that claim to be known ahead but name an outcome.

    Args:
        columns: Column names of the panel and of the calendar. Only the prefixes
            `known_`, `calendar_` and `static_` are judged: other columns are
            never read for a period after the cutoff.

    Raises:
        ValueError: A column names an outcome.

    Examples:
        >>> check_features(["known_promotion_share", "lag_revenue_mean"])
        >>> check_features(["known_sales_dollars"])
        Traceback (most recent call last):
        ValueError: not known before the period closes: ['known_sales_dollars']
    """
    banned = {
        "known_": PERIOD_OUTCOME_WORDS,
        "calendar_": PERIOD_OUTCOME_WORDS,
        "static_": OUTCOME_WORDS,
    }
    leaks = [
        column
        for column in columns
        for prefix, words in banned.items()
        if column.startswith(prefix)
        and words & set(column.removeprefix(prefix).lower().split("_"))
    ]
    if leaks:
        raise ValueError(f"not known before the period closes: {leaks}")


def target_copies(panel: pd.DataFrame, *, limit: float = 0.99) -> list[str]:
    """Find features known ahead that follow the demand of their own period.

    A name can hide what a column is; its values cannot. A plan explains a part of
    demand, never all of it, so a correlation near one is a copy of the target.

    Args:
        panel: See `protocol.run`.
        limit: Absolute correlation from which a column is reported, in (0, 1].

    Returns:
        Names of the `known_` and `static_` columns at or above the limit, judged
        on ten rows or more, raw and divided by `scale_units`.

    Raises:
        ValueError: The limit is outside (0, 1].
    """
    if not 0 < limit <= 1:
        raise ValueError(f"limit must be in (0, 1], got {limit}")
    demand = frames.floats(panel, "demand_units")
    scale = frames.floats(panel, "scale_units")
    scaled = np.divide(demand, scale, out=np.full_like(demand, np.nan), where=scale > 0)
    found = []
    for column in panel.columns:
        if column.startswith(("known_", "static_")):
            values = frames.floats(panel, column)
            strength = max(_correlation(values, demand), _correlation(values, scaled))
            if strength >= limit:
                found.append(column)
    return found


def _correlation(first: Floats, second: Floats) -> float:
    """Absolute correlation over rows where both are known; zero if there is none."""
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < 10:
        return 0.0
    first, second = first[both], second[both]
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(abs(np.corrcoef(first, second)[0, 1]))
