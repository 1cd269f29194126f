"""What a shop really bought, as a policy of the replay: its own order lines."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from restock import frames
from restock.replenishment.demand.error_pools import KEYS, require_columns
from restock.replenishment.replay.replay_tables import NEVER, Series
from restock.replenishment.replay.simulator import (
    OpenOrders,
    Outcome,
    Setting,
    simulate,
)
from restock.statistics.arrays import Floats, Indices, Integers

COLUMNS = [
    *KEYS,
    "stock_known_index",
    "ordered_date",
    "order_period_index",
    "sold_from_period_index",
    "ordered_units",
    "received_units",
]


@dataclass(frozen=True)
class OwnPurchases:
    """Order lines of a shop by series that start at the same cutoff.

    Attributes:
        lines: Lines with the series' number and, in periods after the cutoff,
            `ordered` and `due`.
    """

    lines: pd.DataFrame

    @classmethod
    def of(cls, rows: pd.DataFrame, series: Series) -> OwnPurchases:
        """Lines of some series.

        Args:
            rows: One per order line: `location_id`, `product_id`,
                `stock_known_index` (first cutoff at which the pair's stock is known),
                `ordered_date`, `order_period_index`, `sold_from_period_index` (null
                where it never came), `ordered_units`, `received_units` (null
                likewise).
            series: Series that are replayed.

        Returns:
            Lines ordered by the end of the replay, of series whose stock is known.

        Raises:
            KeyError: A column is missing.
        """
        require_columns("purchases", rows, COLUMNS)
        first = series.cutoffs[0] + 1
        number = pd.MultiIndex.from_tuples(series.ids, names=KEYS).get_indexer(
            pd.MultiIndex.from_frame(rows[KEYS])
        )
        due = frames.floats(rows, "sold_from_period_index") - first
        lines = pd.DataFrame(
            {
                "series": number,
                "date": pd.to_datetime(rows["ordered_date"]).to_numpy(),
                "ordered": frames.floats(rows, "order_period_index") - first,
                "due": np.nan_to_num(due, nan=NEVER),
                "ordered_units": frames.floats(rows, "ordered_units"),
                "received_units": frames.floats(rows, "received_units"),
            }
        ).astype({"ordered": np.int64, "due": np.int64})
        is_known = frames.floats(rows, "stock_known_index") <= series.cutoffs[0]
        is_known &= lines["ordered"].to_numpy() < series.demand_units.shape[1]
        lines = lines[is_known & (number >= 0)]
        return cls(lines.sort_values(list(lines.columns), ignore_index=True))

    @property
    def buyers(self) -> Indices:
        """Numbers of the series that have lines, rising."""
        return np.unique(self.lines["series"]).astype(np.intp)


def as_purchased(setting: Setting, bought: OwnPurchases) -> Outcome:
    """Run a shop's own purchases through a world.

    It starts from the stock of the setting. Its open orders are left out: what came of
    them is among the lines. An order is all lines of a series and date. As no policy
    orders what by its lead time would come after the last period, such orders are
    counted only if they came before it ends.

    Args:
        setting: The world; its `decisions` say until when orders count.
        bought: Lines; their series are numbered as in the setting.

    Returns:
        Sums by series and period; orders in the period in which they were placed.
    """
    n_series, n_periods = setting.demand_units.shape
    lines = bought.lines
    nothing = np.zeros(n_series)
    run = simulate(
        replace(
            setting,
            pack_size_units=None,
            min_order_units=None,
            open_orders=_receipts(lines, n_series),
        ),
        lambda state: nothing,
    )
    # Ordered in period p is ordered by the decision at its close, number p + 1.
    decided = lines["ordered"] + 1
    last = (
        np.full(n_series, n_periods)
        if setting.decisions is None
        else (setting.decisions)
    )
    is_counted = (decided < last[lines["series"]]) | (lines["due"] < n_periods)
    order = lines.assign(is_counted=is_counted).groupby(["series", "date"])
    lines = lines[order["is_counted"].transform("any") & (lines["ordered"] >= 0)]

    def by_period(rows: pd.DataFrame, values: Floats) -> Floats:
        sums = np.zeros((n_series, n_periods))
        np.add.at(sums, (rows["series"], rows["ordered"]), values)
        return sums

    orders = lines.drop_duplicates(["series", "date"])
    return replace(
        run,
        order_count=by_period(orders, np.ones(len(orders))),
        ordered_units=by_period(lines, lines["ordered_units"].to_numpy()),
    )


def _receipts(lines: pd.DataFrame, n_series: int) -> OpenOrders:
    """What came after the cutoff, each of shape (series, receipts)."""
    # What was received by the cutoff is in the stock.
    rows = lines[(lines["due"] >= 1) & (lines["due"] < NEVER)]
    number = rows["series"].to_numpy(dtype=int)
    place = rows.groupby("series").cumcount().to_numpy(dtype=int)
    shape = (n_series, int(place.max(initial=-1)) + 1)
    units = np.zeros(shape)
    due = np.full(shape, NEVER, dtype=np.int64)
    age: Integers = np.zeros(shape, dtype=np.int64)
    units[number, place] = rows["received_units"]
    due[number, place] = rows["due"]
    age[number, place] = -(rows["ordered"] + 1)
    return OpenOrders(units, due, age)
