r"""Stock that is too much at one location for what is short at another.

A unit that is moved saves three things: demand that the receiver would lose before
anything bought could arrive, the time that it would lie at the sender, and, where all
of an order is replaced, the cost of its line. Buying it saves none of these, and in the
long run both buy as much. The y-th unit above the sender's level is needed there only
after y / r days, r the demand a day, so the top x of Y surplus units save

.. math:: h \int_{Y - x}^{Y} \min\left( \frac{y}{r}, 365 \right) dy / 365

References:
    Tagaras, Effects of pooling on the optimization and service levels of two-location
    inventory systems, IIE Transactions 21, 1989.
    Paterson, Kiesmüller, Teunter and Glazebrook, Inventory models with lateral
    transshipments: a review, European Journal of Operational Research 210, 2011.
"""

from __future__ import annotations

import heapq
import itertools

import numpy as np
import pandas as pd
import pyarrow as pa

from restock import frames
from restock.replenishment.demand.demand_windows import Windows, demand_windows
from restock.replenishment.demand.error_pools import KEYS, require_columns
from restock.replenishment.orders.purchase_list import sold_units
from restock.statistics.arrays import Floats

OUTPUT_SCHEMA = pa.schema(
    [
        ("product_id", pa.string()),
        ("from_location_id", pa.string()),
        ("to_location_id", pa.string()),
        ("transfer_units", pa.float64()),
        ("short_units_saved", pa.float64()),
        ("shortage_saved_value", pa.float64()),
        ("holding_saved_value", pa.float64()),
        ("order_cost_saved", pa.float64()),
        ("transfer_cost", pa.float64()),
    ]
)

# What nobody would have sold within a year is counted as held for one.
LONGEST_DAYS = 365.0

_NUMBERS = [
    "on_hand_units",
    "surplus_units",
    "order_qty_units",
    "demand_per_day_units",
    "holding_cost_per_unit_year",
    "shortage_cost_per_unit",
    "order_cost",
    "order_receipt_periods",
    "transfer_periods",
    "cost_per_line",
    "cost_per_unit",
]


def transfer_proposals(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    stock: pd.DataFrame,
    lines: pd.DataFrame,
    *,
    n_paths: int = 1000,
    seed: int,
) -> pd.DataFrame:
    """Transfers that save more than they cost, the best of each product first.

    Of all senders and receivers of a product the pair and quantity that save most are
    taken, then again with what is left, until nothing more is saved. Each route is
    looked at about once, however many there are.

    Args:
        forecasts: As for `lead_time_demand.simulate`.
        residuals: As for `lead_time_demand.simulate`.
        requirements: As for `lead_time_demand.simulate`.
        stock: One row per series: `location_id`, `product_id`, `on_hand_units`,
            `surplus_units` (that can be spared; zero for a receiver),
            `order_qty_units` (to be bought now), `demand_per_day_units`,
            `holding_cost_per_unit_year`, `shortage_cost_per_unit`, `order_cost` (of
            the line), `order_receipt_periods` (until what is bought now can be sold),
            `transfer_periods` (the same of what is moved), `cost_per_line` and
            `cost_per_unit` (of a transfer).
        lines: Open purchase lines that the position counts: `location_id`,
            `product_id`, `open_units`, `receipt_periods`.
        n_paths: Simulated paths per series, as in `simulate`.
        seed: Seed of the run, as in `simulate`.

    Returns:
        One row per product, sender and receiver with the columns of `OUTPUT_SCHEMA`,
        ordered by them.

    Raises:
        KeyError: A column is missing.
        ValueError: See `simulate`.
    """
    require_columns("stock", stock, [*KEYS, *_NUMBERS])
    require_columns("lines", lines, [*KEYS, "open_units", "receipt_periods"])
    usable = stock.dropna(subset=["on_hand_units", "holding_cost_per_unit_year"])
    senders = usable[usable["surplus_units"] >= 1]
    receivers = usable[
        (usable["surplus_units"] <= 0)
        & usable["shortage_cost_per_unit"].notna()
        & usable["order_qty_units"].notna()
        & usable["product_id"].isin(senders["product_id"])
    ]
    wanted = requirements.merge(receivers[KEYS], on=KEYS)
    terms = receivers.set_index(KEYS).sort_index()
    inbound = dict(iter(lines.sort_values("receipt_periods").groupby(KEYS)))
    lost = {}
    for windows in demand_windows(
        forecasts, residuals, wanted, n_paths=n_paths, seed=seed
    ):
        for place in range(len(windows.needs)):
            key = tuple(windows.needs.iloc[place][KEYS])
            lost[key] = _lost_units(windows, place, terms.loc[key], inbound.get(key))
    moves = []
    for _, givers in senders.sort_values(KEYS).groupby("product_id"):
        takers = receivers[receivers["product_id"] == givers["product_id"].iloc[0]]
        moves.extend(
            _moves(
                givers.to_dict("records"),
                [
                    taker | {"lost": lost[taker["location_id"], taker["product_id"]]}
                    for taker in takers.sort_values(KEYS).to_dict("records")
                    if (taker["location_id"], taker["product_id"]) in lost
                ],
            )
        )
    if not moves:
        return frames.empty(OUTPUT_SCHEMA)
    keys = ["product_id", "from_location_id", "to_location_id"]
    return pd.DataFrame(moves).sort_values(keys, ignore_index=True)[OUTPUT_SCHEMA.names]


def holding_saved(
    surplus_units: float, moved_units: Floats, *, demand_per_day_units: float
) -> Floats:
    """Unit-years that moving the top of a surplus saves at the sender.

    Args:
        surplus_units: Units above the sender's own level.
        moved_units: Units, shape (n,), at most the surplus.
        demand_per_day_units: Demand at the sender. Units per day, zero or more.

    Returns:
        Unit-years, shape (n,).

    Examples:
        Of 20 surplus units at one a day the last 10 lie 15 days on average.

        >>> holding_saved(20.0, np.array([10.0]), demand_per_day_units=1.0) * 365
        array([150.])
    """
    limit = demand_per_day_units * LONGEST_DAYS

    def lying(units: Floats) -> Floats:
        slow = np.maximum(units - limit, 0.0) * LONGEST_DAYS
        if demand_per_day_units <= 0:
            return slow
        return slow + np.minimum(units, limit) ** 2 / (2 * demand_per_day_units)

    left = surplus_units - moved_units
    return (lying(np.asarray(surplus_units)) - lying(left)) / LONGEST_DAYS


def _lost_units(
    windows: Windows, place: int, term: pd.Series, lines: pd.DataFrame | None
) -> Floats:
    """Demand of each path lost until all that is bought has come, in rising order."""
    start = windows.start[place]
    horizon = windows.horizon(place) - start[0]
    times, units = np.empty(0), np.empty(0)
    if lines is not None:
        times = lines["receipt_periods"].to_numpy(dtype=float)
        units = lines["open_units"].to_numpy(dtype=float)
    if term["order_qty_units"] > 0:
        times = np.append(times, term["order_receipt_periods"])
        units = np.append(units, term["order_qty_units"])
    order = np.argsort(times, kind="stable")
    times, units = times[order], units[order]
    # Beyond the forecast nothing is known to be lost.
    times = np.minimum(times, horizon)
    soon = min(term["transfer_periods"], horizon)
    # What comes before the transfer serves what is asked for until then.
    stock, moment = np.full(len(start), float(term["on_hand_units"])), 0.0
    is_before = times <= soon
    for time, arriving in zip(times[is_before], units[is_before], strict=True):
        sold = windows.between(place, start + moment, start + time)
        stock, moment = np.maximum(stock - sold, 0.0) + arriving, time
    sold = windows.between(place, start + moment, start + soon)
    stock = np.maximum(stock - sold, 0.0)
    times, units = times[~is_before], units[~is_before]
    lost = np.zeros(len(start))
    for index, time in enumerate(times):
        demand = windows.between(place, start + soon, start + time)
        lost = np.maximum(lost, demand - stock - units[:index].sum())
    return np.sort(lost)


def _moves(givers: list[dict], takers: list[dict]) -> list[dict]:
    """Transfers of one product, the one that saves most taken first.

    The best move of every route waits in a heap. What a route saves falls as its
    sender gives elsewhere, so that such a move is looked at again only when its turn
    comes; it may rise as its receiver is served, whose routes are looked at anew.
    """
    spare = [giver["surplus_units"] for giver in givers]
    moved = [0.0] * len(takers)
    given, served = [0] * len(givers), [0] * len(takers)
    taken: dict[tuple[int, int], dict] = {}
    waiting: list[tuple] = []

    def look_at(giver: int, taker: int) -> None:
        if spare[giver] < 1 or (giver, taker) in taken:
            return
        found = _best_move(givers[giver], takers[taker], spare[giver], moved[taker])
        if found is not None:
            saving, move = found
            entry = (-round(saving, 9), giver, taker, given[giver], served[taker])
            heapq.heappush(waiting, (*entry, len(waiting), move))

    for giver, taker in itertools.product(range(len(givers)), range(len(takers))):
        look_at(giver, taker)
    while waiting:
        _, giver, taker, gave, got, _, move = heapq.heappop(waiting)
        if got != served[taker] or (giver, taker) in taken:
            continue
        if gave != given[giver]:
            look_at(giver, taker)
            continue
        taken[giver, taker] = move
        spare[giver] -= move["transfer_units"]
        moved[taker] += move["transfer_units"]
        given[giver] += 1
        served[taker] += 1
        if _units_needed(takers[taker]) - moved[taker] >= 1:
            for other in range(len(givers)):
                look_at(other, taker)
    return list(taken.values())


def _units_needed(taker: dict) -> float:
    """Units that a receiver can use: its order, or what it is expected to lose."""
    return max(taker["order_qty_units"], np.ceil(taker["lost"].mean() - 1e-9))


def _best_move(
    giver: dict, taker: dict, spare: float, moved: float
) -> tuple[float, dict] | None:
    """Quantity from one location to another that saves most, if any saves anything."""
    needed = _units_needed(taker) - moved
    units = np.arange(1.0, np.floor(min(spare, needed) + 1e-9) + 1)
    if not len(units):
        return None
    saved = sold_units(taker["lost"], moved + units) - sold_units(
        taker["lost"], np.array([moved])
    )
    shortage = saved * taker["shortage_cost_per_unit"]
    holding = giver["holding_cost_per_unit_year"] * holding_saved(
        spare, units, demand_per_day_units=np.nan_to_num(giver["demand_per_day_units"])
    )
    ordered = taker["order_qty_units"]
    line = np.where(
        (ordered > 0) & (moved < ordered) & (moved + units >= ordered),
        np.nan_to_num(taker["order_cost"]),
        0.0,
    )
    cost = giver["cost_per_line"] + giver["cost_per_unit"] * units
    net = shortage + holding + line - cost
    place = int(np.argmax(net))
    if net[place] <= 0:
        return None
    return float(net[place]), {
        "product_id": giver["product_id"],
        "from_location_id": giver["location_id"],
        "to_location_id": taker["location_id"],
        "transfer_units": units[place],
        "short_units_saved": saved[place],
        "shortage_saved_value": shortage[place],
        "holding_saved_value": holding[place],
        "order_cost_saved": line[place],
        "transfer_cost": cost[place],
    }
