"""Demand that is lost before an order placed now can be sold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from restock import frames
from restock.replenishment.demand.demand_windows import Windows
from restock.replenishment.demand.error_pools import KEYS, require_columns
from restock.statistics.arrays import Floats, Indices

# Days of a lead time in periods and back are not exact.
SLACK = 1e-7


@dataclass(frozen=True)
class Receipts:
    """Orders on their way, shape (series, orders), soonest first; zero units pad."""

    units: Floats
    periods: Floats

    def part(self, rows: Indices) -> Receipts:
        """Receipts of some series."""
        return Receipts(self.units[rows], self.periods[rows])


def receipts_of(open_lines: pd.DataFrame | None, needs: pd.DataFrame) -> Receipts:
    """Open lines that each requirement's position counts, in order of receipt.

    Args:
        open_lines: As for `lead_time_demand.simulate`.
        needs: Requirements, one row per series.

    Returns:
        Receipts in the order of the requirements. What can be sold only after lead
        time and review is in no position.

    Raises:
        KeyError: A column is missing.
    """
    if open_lines is None or open_lines.empty:
        return Receipts(*(np.zeros((len(needs), 0)) for _ in range(2)))
    require_columns("open_lines", open_lines, [*KEYS, "open_units", "receipt_periods"])
    row = pd.MultiIndex.from_frame(needs[KEYS]).get_indexer(
        pd.MultiIndex.from_frame(open_lines[KEYS])
    )
    lines = pd.DataFrame(
        {
            "row": row,
            "units": frames.floats(open_lines, "open_units"),
            "periods": frames.floats(open_lines, "receipt_periods"),
        }
    )
    lines = lines[lines["row"] >= 0]
    protection = frames.floats(needs, "lead_time_mean_periods") + frames.floats(
        needs, "review_periods"
    )
    lines = lines[lines["periods"] < protection[lines["row"]] - SLACK]
    lines = lines.groupby(["row", "periods"], as_index=False).sum()
    place = lines.groupby("row").cumcount().to_numpy()
    shape = (len(needs), int(place.max(initial=-1)) + 1)
    units, periods = np.zeros(shape), np.zeros(shape)
    units[lines["row"], place] = lines["units"]
    periods[lines["row"], place] = lines["periods"]
    return Receipts(units, periods)


def lost_before(windows: Windows, position: Floats, receipts: Receipts) -> Floats:
    r"""Demand that finds the shelf empty before a new order can be sold.

    With demand D, shelf stock I and receipts A, what is lost by the time a is the
    highest that demand stood above what had come,

    .. math:: \max\Bigl(0,\ \max_{s \le a} D(s) - I - A(s^-)\Bigr)

    and receipts jump, so only the moments before each and the end need a look.

    Args:
        windows: Simulated demand.
        position: The shelf and all receipts together. Units, shape (series,).
        receipts: When each can be sold, from the decision on.

    Returns:
        Units, shape (series, paths), each row that of its own path as in
        `Windows.cycle`; NaN where the position is unknown.
    """
    units, periods = receipts.units, receipts.periods
    shelf = position - units.sum(axis=1)
    there = np.maximum(shelf, 0.0)[:, None]
    begun = windows.until(windows.start)
    arrival = windows.start + windows.lead_times
    most = np.zeros(arrival.shape)
    for order in range(units.shape[1]):
        comes = windows.start + periods[:, [order]]
        demand = windows.until(np.minimum(comes, arrival)) - begun
        most = np.maximum(most, demand - there)
        # What comes after the new order has no part in it.
        there = there + np.where(comes <= arrival, units[:, [order]], 0.0)
    return np.maximum(most, windows.lead_time - there)
