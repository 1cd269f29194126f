"""What open purchase lines come too late for, path by path.

Stock and receipts are played against each simulated demand path; what is not there is
lost. Of what is lost before a line arrives, so much would have been sold as the line
holds, had it come at once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from restock import frames
from restock.replenishment.demand.demand_windows import Windows, over_blocks
from restock.replenishment.demand.error_pools import KEYS, require_columns
from restock.statistics.arrays import Floats

OUTPUT_SCHEMA = pa.schema(
    [
        ("po_line_id", pa.string()),
        ("stockout_probability", pa.float64()),
        ("expected_short_units", pa.float64()),
        ("expected_stock_units", pa.float64()),
    ]
)

_COLUMNS = [
    "po_line_id",
    *KEYS,
    "open_units",
    "on_hand_units",
    "receipt_periods",
    "soonest_periods",
]


def late_receipts(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    lines: pd.DataFrame,
    orders: pd.DataFrame | None = None,
    *,
    n_paths: int = 1000,
    seed: int,
) -> pd.DataFrame:
    """Stock when each open line arrives, and the demand that it comes too late for.

    Args:
        forecasts: As for `lead_time_demand.simulate`.
        residuals: As for `lead_time_demand.simulate`.
        requirements: As for `lead_time_demand.simulate`.
        lines: One row per open line: `po_line_id`, `location_id`, `product_id`,
            `open_units`, `on_hand_units` (of the series, now; null if unknown),
            `receipt_periods` (from now until it can be sold), `soonest_periods`
            (the same if it were hurried as much as can be).
        orders: Orders of today, which serve before a line that comes after them:
            `location_id`, `product_id`, `order_qty_units` (null is none),
            `order_receipt_periods`. None where none is placed.
        n_paths: Simulated paths per series, as in `simulate`.
        seed: Seed of the run, as in `simulate`.

    Returns:
        One row per line with the columns of `OUTPUT_SCHEMA`, ordered by
        `po_line_id`: the probability that the shelf is empty between the soonest
        receipt or the line before and this one, the mean demand lost from the soonest
        receipt on that the line could have served, and the mean stock that it finds.
        Null where stock or demand until then is unknown.

    Raises:
        KeyError: A column is missing.
        ValueError: A line occurs twice, or see `simulate`.
    """
    require_columns("lines", lines, _COLUMNS)
    if lines["po_line_id"].duplicated().any():
        raise ValueError("a po_line_id occurs twice in lines")
    if lines.empty:
        return frames.empty(OUTPUT_SCHEMA)
    placed = _placed(orders)
    wanted = requirements.merge(lines[KEYS].drop_duplicates(), on=KEYS)
    found = list(
        over_blocks(
            _played,
            forecasts,
            residuals,
            wanted,
            [lines, placed],
            n_paths=n_paths,
            seed=seed,
        )
    )
    known = pd.concat(found) if found else frames.empty(OUTPUT_SCHEMA)
    ordered = lines[["po_line_id"]].sort_values("po_line_id", ignore_index=True)
    return ordered.merge(known, on="po_line_id", how="left")[OUTPUT_SCHEMA.names]


def play_receipts(
    demand: Floats,
    on_hand: Floats,
    units: Floats,
    is_line: npt.NDArray[np.bool_] | None = None,
) -> tuple[Floats, Floats, Floats]:
    """Play receipts against demand that is lost where the shelf is empty.

    Args:
        demand: Demand before the first receipt, between receipts, shape (paths,
            receipts).
        on_hand: Units at the start, shape (paths,).
        units: Units of each receipt, shape (receipts,).
        is_line: Whether a receipt could have come sooner, of the same shape; None is
            all of them.

    Returns:
        Whether demand was lost before each receipt and after the one before, shape
        (paths, receipts); units lost up to then that the receipt could have served
        and no earlier one, of the same shape; stock that it finds, of the same shape.

    Examples:
        Of 5 on hand and demand 8 three are lost; the receipt of 2 could have served
        two of them, the next the third.

        >>> demand, units = np.array([[8.0, 1.0]]), np.array([2.0, 6.0])
        >>> lost, short, found = play_receipts(demand, np.array([5.0]), units)
        >>> lost.tolist(), short.tolist(), found.tolist()
        ([[True, False]], [[2.0, 1.0]], [[0.0, 1.0]])
    """
    lost = np.zeros(demand.shape, dtype=bool)
    short = np.zeros(demand.shape)
    found = np.zeros(demand.shape)
    stock = np.asarray(on_hand, dtype=float)
    unserved = np.zeros(len(demand))
    for place in range(demand.shape[1]):
        missed = np.maximum(demand[:, place] - stock, 0.0)
        lost[:, place] = missed > 0
        unserved = unserved + missed
        if is_line is None or is_line[place]:
            short[:, place] = np.minimum(unserved, units[place])
        unserved = unserved - short[:, place]
        stock = np.maximum(stock - demand[:, place], 0.0)
        found[:, place] = stock
        stock = stock + units[place]
    return lost, short, found


def _placed(orders: pd.DataFrame | None) -> pd.DataFrame:
    """Orders of today, one row per series."""
    columns = [*KEYS, "order_qty_units", "order_receipt_periods"]
    if orders is None:
        return pd.DataFrame(columns=columns)
    require_columns("orders", orders, columns)
    return orders.loc[orders["order_qty_units"] > 0, columns]


def _played(
    windows: Windows, lines: pd.DataFrame, placed: pd.DataFrame
) -> pd.DataFrame:
    """Lines of some series."""
    ordered_today = placed.set_index(KEYS).to_dict("index")
    by_series = dict(
        iter(lines.sort_values(["receipt_periods", "po_line_id"]).groupby(KEYS))
    )
    return pd.concat(
        _play(windows, place, by_series[key], ordered_today.get(key))
        for place, key in enumerate(
            windows.needs[KEYS].itertuples(index=False, name=None)
        )
    )


def _play(
    windows: Windows, place: int, lines: pd.DataFrame, order: dict | None
) -> pd.DataFrame:
    """Lines of one series, in the order of their receipts."""
    start = windows.start[place]
    horizon = windows.horizon(place) - start[0]
    receipts = lines["receipt_periods"].to_numpy(dtype=float)
    soonest = np.minimum(lines["soonest_periods"].to_numpy(dtype=float).min(), horizon)
    known = (receipts <= horizon) & lines["on_hand_units"].notna().to_numpy()
    lines, receipts = lines[known], receipts[known]
    if lines.empty:
        return frames.empty(OUTPUT_SCHEMA)
    times = np.maximum(receipts, soonest)
    units = lines["open_units"].to_numpy(dtype=float)
    is_line = np.ones(len(times), dtype=bool)
    if order is not None and order["order_receipt_periods"] < times[-1]:
        arrival = max(float(order["order_receipt_periods"]), soonest)
        at = int(np.searchsorted(times, arrival))
        times = np.insert(times, at, arrival)
        units = np.insert(units, at, order["order_qty_units"])
        is_line = np.insert(is_line, at, False)
    begins = np.concatenate([[soonest], times[:-1]])
    demand = np.column_stack(
        [
            windows.between(place, start + begin, start + end)
            for begin, end in zip(begins, times, strict=True)
        ]
    )
    # What is lost before anything can be hurried is not the lines' to save.
    first = windows.between(place, start, start + soonest)
    left = np.maximum(lines["on_hand_units"].iloc[0] - first, 0.0)
    lost, short, found = play_receipts(demand, left, units, is_line)
    return pd.DataFrame(
        {
            "po_line_id": lines["po_line_id"].to_numpy(),
            "stockout_probability": lost[:, is_line].mean(axis=0),
            "expected_short_units": short[:, is_line].mean(axis=0),
            "expected_stock_units": found[:, is_line].mean(axis=0),
        }
    )
