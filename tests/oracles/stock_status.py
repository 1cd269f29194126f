"""A planner's word for the stock of an item, and how long it lasts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from restock.statistics.arrays import Numbers, floats

TIME_SLACK = 1e-12


class StockStatus(NamedTuple):
    """Status of an item's stock and the units it is about.

    Attributes:
        stock_status: stocked_out, potential_stock_out, surplus_orders, excess, dead,
            no_demand or ok; None where an input is missing.
        status_units: Units missed, short, surplus or in excess. Zero or more.
    """

    stock_status: str | npt.NDArray[np.object_] | None
    status_units: Numbers


class ForwardCover(NamedTuple):
    """How long stock lasts against a forecast.

    Attributes:
        cover_days: Days until the forecast has used the stock; NaN where the horizon
            ends first.
        lower_bound_days: The same, or the days of the horizon.
        is_exhausted_within_horizon: Whether the stock runs out within the horizon.
    """

    cover_days: float
    lower_bound_days: float
    is_exhausted_within_horizon: bool


def stock_status(
    *,
    available_units: Numbers,
    daily_forecast_units: Numbers,
    lead_time_days: Numbers,
    next_receipt_days: Numbers,
    safety_stock_units: Numbers,
    cycle_stock_units: Numbers,
    on_order_units: Numbers = 0.0,
) -> StockStatus:
    """Status of stock in a planner's words, by the first rule that holds.

    1. no demand: *dead* with stock (all of it), else *no_demand*;
    2. *stocked_out*: nothing available; units are the demand until help arrives;
    3. *potential_stock_out*: less than that demand available; units are the gap;
    4. *excess*: more than safety plus cycle stock; units are the rest;
    5. *surplus_orders*: excess once what is on order has arrived, after the demand
       until then; units are that excess;
    6. *ok*.

    Help arrives with the next receipt, or where none is due after the lead time.

    Args:
        available_units: Units that can be sold, any shape. Below zero counts as zero.
        daily_forecast_units: Units per day.
        lead_time_days: Days from order to shelf.
        next_receipt_days: Days until the next receipt; NaN where none is due.
        safety_stock_units: Safety stock.
        cycle_stock_units: Stock of one replenishment cycle.
        on_order_units: Units on order.

    Returns:
        Status and units, of the broadcast shape.

    Examples:
        >>> stock_status(
        ...     available_units=71,
        ...     daily_forecast_units=5,
        ...     lead_time_days=10,
        ...     next_receipt_days=np.nan,
        ...     safety_stock_units=20,
        ...     cycle_stock_units=50,
        ... ).stock_status
        'excess'

    References:
        Netstock, Stock statuses (help article).
    """
    available, forecast, lead_time, receipt, safety, cycle, on_order = floats(
        available_units,
        daily_forecast_units,
        lead_time_days,
        next_receipt_days,
        safety_stock_units,
        cycle_stock_units,
        on_order_units,
    )
    stock = np.maximum(available, 0.0)
    until_help = forecast * np.where(np.isnan(receipt), lead_time, receipt)
    norm = safety + cycle
    idle = forecast <= 0
    projected = stock + on_order - until_help - norm
    unknown = np.isnan(available + forecast) | (~idle & np.isnan(projected))
    conditions = [
        unknown,
        idle & (stock > 0),
        idle,
        stock <= 0,
        stock < until_help,
        stock > norm,
        (on_order > 0) & (projected > 0),
    ]
    words = [
        "unknown",
        "dead",
        "no_demand",
        "stocked_out",
        "potential_stock_out",
        "excess",
        "surplus_orders",
    ]
    units = [
        projected,
        stock,
        np.zeros_like(stock),
        until_help,
        until_help - stock,
        stock - norm,
        projected,
    ]
    status = np.where(unknown, None, np.select(conditions, words, "ok"))
    return StockStatus(
        status[()],
        np.select(conditions, units, 0.0)[()],
    )


def forward_cover(
    *, on_hand_units: float, daily_forecast_units: npt.NDArray[np.float64]
) -> ForwardCover:
    """Days until a forecast has used up the stock on hand.

    Receipts to come are left out. Unlike days on hand this looks forward.

    Args:
        on_hand_units: Units. Zero or less lasts no time.
        daily_forecast_units: Forecast of each coming day, shape (horizon,). Below
            zero counts as zero.

    Returns:
        Cover with a fraction of the last day; NaN, never a guess, where the horizon is
        too short.

    Examples:
        >>> forward_cover(on_hand_units=12, daily_forecast_units=[5, 5, 5]).cover_days
        2.4
    """
    forecast = np.maximum(np.asarray(daily_forecast_units, dtype=float), 0.0)
    if on_hand_units <= 0:
        return ForwardCover(0.0, 0.0, True)
    used = np.cumsum(forecast)
    enough = np.flatnonzero(used >= on_hand_units * (1 - TIME_SLACK))
    if not enough.size:
        return ForwardCover(float("nan"), float(forecast.size), False)
    day = int(enough[0])
    before = used[day] - forecast[day]
    share = min(float((on_hand_units - before) / forecast[day]), 1.0)
    return ForwardCover(day + share, day + share, True)
