"""What a shop really bought, as a policy of the replay: its own order lines.

Policies live in whole periods, a shop does not: a delivery of Tuesday is sold from
Wednesday. Its lines are run through the days, the demand of a period spread evenly over
them, and counted by periods as those of the policies are.
"""

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
from restock.statistics.arrays import Floats, Indices

COLUMNS = [
    *KEYS,
    "stock_known_index",
    "ordered_day",
    "received_day",
    "ordered_units",
    "received_units",
]


@dataclass(frozen=True)
class OwnPurchases:
    """Order lines of a shop, of series that start at the same cutoff.

    Attributes:
        lines: `series` (its number), `ordered_day` and `received_day` (1 is the first
            day after the cutoff), `ordered_units`, `received_units`.
        period_days: Days in a period.
    """

    lines: pd.DataFrame
    period_days: int

    @classmethod
    def of(cls, rows: pd.DataFrame, series: Series, period_days: int) -> OwnPurchases:
        """Lines of some series.

        Args:
            rows: One per order line: `location_id`, `product_id`,
                `stock_known_index` (first cutoff at which the pair's stock is known),
                `ordered_day` and `received_day` (days after that cutoff; null where
                it never came), `ordered_units`, `received_units` (null likewise).
            series: Series that are replayed.
            period_days: Days in a period.

        Returns:
            Lines ordered by the end of the replay, of series whose stock is known.

        Raises:
            KeyError: A column is missing.
        """
        require_columns("purchases", rows, COLUMNS)
        cutoff = series.cutoffs[0]
        number = pd.MultiIndex.from_tuples(series.ids, names=KEYS).get_indexer(
            pd.MultiIndex.from_frame(rows[KEYS])
        )
        known_index = frames.floats(rows, "stock_known_index")
        later = period_days * (cutoff - known_index)
        received = frames.floats(rows, "received_day") - later
        lines = pd.DataFrame(
            {
                "series": number,
                "ordered_day": frames.floats(rows, "ordered_day") - later,
                "received_day": np.nan_to_num(received, nan=NEVER),
                "ordered_units": frames.floats(rows, "ordered_units"),
                "received_units": frames.floats(rows, "received_units"),
            }
        ).astype({"ordered_day": np.int64, "received_day": np.int64})
        n_days = period_days * series.demand_units.shape[1]
        is_known = (number >= 0) & (known_index <= cutoff)
        lines = lines[is_known & (lines["ordered_day"] <= n_days)]
        return cls(
            lines.sort_values(list(lines.columns), ignore_index=True), period_days
        )

    @property
    def buyers(self) -> Indices:
        """Numbers of the series that have lines, rising."""
        return np.unique(self.lines["series"]).astype(np.intp)


def as_purchased(setting: Setting, bought: OwnPurchases) -> Outcome:
    """Run a shop's own purchases through a world.

    It starts from the stock of the setting. Its open orders are left out: what came of
    them is among the lines. A receipt can be sold from the next day. An order is all
    lines of a series and day; those of the first periods count, as many as the policies
    decide in, which order nothing that would come after the last.

    Args:
        setting: The world; its `decisions` say how many.
        bought: Lines; their series are numbered as in the setting.

    Returns:
        Sums by series and period, the stock at its close; orders in the period in which
        they were placed.
    """
    demand = setting.demand_units
    n_series, n_periods = demand.shape
    days = bought.period_days
    nothing = np.zeros(n_series)
    run = simulate(
        Setting(
            demand_units=np.repeat(demand / days, days, axis=1),
            lead_time_periods=np.zeros((n_series, 1)),
            on_hand_units=setting.on_hand_units,
            review_periods=np.ones(n_series, dtype=np.int64),
            open_orders=_receipts(bought.lines, n_series),
        ),
        lambda state: nothing,
    )

    def by_period(values: Floats) -> Floats:
        return values.reshape(n_series, n_periods, days).sum(axis=2)

    unmet = np.minimum(by_period(run.unmet_units), demand)
    orders = _counted_orders(setting, bought)
    place = (orders["series"], orders["period"])
    order_count, ordered_units = np.zeros((2, n_series, n_periods))
    np.add.at(order_count, place, 1.0)
    np.add.at(ordered_units, place, orders["ordered_units"])
    return replace(
        run,
        demand_units=demand,
        sold_units=demand - unmet,
        unmet_units=unmet,
        ordered_units=ordered_units,
        received_units=by_period(run.received_units),
        order_count=order_count,
        stock_unit_periods=run.stock_unit_periods[:, days - 1 :: days],
        backlog_unit_periods=np.zeros_like(demand),
        cycle_count=by_period(run.cycle_count),
        short_cycle_count=by_period(run.short_cycle_count),
    )


def _counted_orders(setting: Setting, bought: OwnPurchases) -> pd.DataFrame:
    """Orders that count: series, period and units."""
    n_series, n_periods = setting.demand_units.shape
    orders = (
        bought.lines[bought.lines["ordered_day"] >= 1]
        .groupby(["series", "ordered_day"], as_index=False)
        .agg({"ordered_units": "sum"})
    )
    orders["period"] = (orders["ordered_day"] - 1) // bought.period_days
    until = setting.decisions
    if until is None:
        until = np.full(n_series, n_periods)
    return orders[orders["period"] < until[orders["series"]]]


def _receipts(lines: pd.DataFrame, n_series: int) -> OpenOrders:
    """What came after the cutoff, each of shape (series, receipts). Days."""
    # What was received by the cutoff is in the stock.
    rows = lines[(lines["received_day"] >= 1) & (lines["received_day"] < NEVER)]
    number = rows["series"].to_numpy(dtype=int)
    place = rows.groupby("series").cumcount().to_numpy(dtype=int)
    shape = (n_series, int(place.max(initial=-1)) + 1)
    units = np.zeros(shape)
    due = np.full(shape, NEVER, dtype=np.int64)
    age = np.zeros(shape, dtype=np.int64)
    units[number, place] = rows["received_units"]
    # Received on day 1 it is there at the start of day number 1, counted from zero.
    due[number, place] = rows["received_day"]
    age[number, place] = -rows["ordered_day"]
    return OpenOrders(units, due, age)
