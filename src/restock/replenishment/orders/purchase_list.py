r"""The units of an order, ranked by what each is worth per unit of money.

An order placed now can serve the demand between its arrival and that of the next one,
as far as the inventory position does not: lost sales during the lead time cannot be
bought back. With X demand over lead time plus review, :math:`X_L` over the lead time
and position IP, u units sell

.. math:: G(u) = E[\min(u, (X - \max(X_L, IP))^+)]

of themselves. A unit up to the reorder point is worth :math:`B\,g - h T (1 - g)` where
g is its part of G, B the cost of a unit short, h that of holding one for a period, T
the periods that a lot Q lasts. It is zero at the fractile B d / (B d + h Q) that the
target "cost" aims at. Beyond the reorder point the lot postpones the next order: unit
q of an economic lot E adds :math:`h (E - q) / d`, which is zero at q = E. Units that
are ordered only for a lower price share what the price saves; a part of an order pays
the price of the part.

References:
    Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains,
    4th ed., 2017, marginal analysis.
    Lokad, Prioritized ordering.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy.optimize import isotonic_regression

from restock import frames
from restock.inventory import quantity_discounts
from restock.inventory.packs import packs_up
from restock.replenishment.demand.demand_windows import Windows, over_blocks
from restock.replenishment.demand.error_pools import KEYS, require_columns
from restock.replenishment.orders.prioritised_purchase import affordable
from restock.statistics.arrays import Floats

OUTPUT_SCHEMA = pa.schema(
    [
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("unit_rank", pa.float64()),
        ("step_units", pa.float64()),
        ("step_cost", pa.float64()),
        ("expected_sold_units", pa.float64()),
        ("expected_value", pa.float64()),
        ("value_per_currency", pa.float64()),
        ("purchase_rank", pa.int64()),
        ("is_within_budget", pa.bool_()),
    ]
)

_ORDERED = [
    "order_qty_units",
    "pack_size_units",
    "min_order_units",
    "reorder_point_units",
    "order_value",
    "price_break_units",
    "price_break_saving_value",
]

# Cost below which a step of an order that costs something counts as this. Currency.
LEAST_COST = 1e-6


def purchase_list(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    orders: pd.DataFrame,
    *,
    budget: float | None,
    bands: pd.DataFrame | None = None,
    n_paths: int = 1000,
    seed: int,
) -> pd.DataFrame:
    """Steps of every order, in the order in which money should be spent.

    A step is a pack; the first is the smallest order that the vendor accepts. Where
    more units cost no more than fewer, they are one step. Steps
    of an order keep their order: where a later one is worth more, it lifts those
    before it to their common value. Equal values rank by ids. What is not known in
    money comes last.

    Args:
        forecasts: As for `lead_time_demand.simulate`.
        residuals: As for `lead_time_demand.simulate`.
        requirements: As for `lead_time_demand.simulate`, with `economic_lot_units`
            (null without one).
        orders: One row per series with something to order: `location_id`,
            `product_id`, `order_qty_units` (above zero), `pack_size_units`,
            `min_order_units`, `reorder_point_units`, `order_value` (what the whole
            quantity costs; null if unknown), `price_break_units` (of the quantity,
            ordered only for a lower price) and `price_break_saving_value` (what these
            save; currency).
        budget: Currency that may be spent; None is no limit. A step that the rest of
            it cannot pay is passed over, with what follows of its order.
        bands: Prices, as for `price_break_orders.price_break_orders`. An order whose
            value they do not give, as that of an override, has one price.
        n_paths: Simulated paths per series, as in `simulate`.
        seed: Seed of the run, as in `simulate`.

    Returns:
        One row per series and step with the columns of `OUTPUT_SCHEMA`, by
        `purchase_rank`. `unit_rank` is the last unit of the step.
        `value_per_currency` is null where a value or a cost is unknown or the cost
        is zero.

    Raises:
        KeyError: A column is missing.
        ValueError: The budget is below zero, or see `simulate`.
    """
    if budget is not None and budget < 0:
        raise ValueError(f"a budget must be zero or more; got {budget}")
    require_columns("orders", orders, [*KEYS, *_ORDERED])
    require_columns("requirements", requirements, [*KEYS, "economic_lot_units"])
    wanted = requirements.merge(orders[KEYS], on=KEYS)
    terms = requirements[[*KEYS, "economic_lot_units"]].merge(
        orders[[*KEYS, *_ORDERED]], on=KEYS
    )
    steps = list(
        over_blocks(
            _stepped,
            forecasts,
            residuals,
            wanted,
            [terms],
            [bands],
            n_paths=n_paths,
            seed=seed,
            only_needed=True,
        )
    )
    if not steps:
        return frames.empty(OUTPUT_SCHEMA)
    return _ranked(pd.concat(steps, ignore_index=True), budget)


def _stepped(
    windows: Windows, terms: pd.DataFrame, bands: pd.DataFrame | None
) -> pd.DataFrame:
    """Steps of the orders of some series."""
    terms = terms.set_index(KEYS).astype(float)
    ladders = {} if bands is None else dict(iter(bands.groupby("product_id")))
    return pd.concat(
        [_steps(windows, place, terms, ladders) for place in range(len(windows.needs))],
        ignore_index=True,
    )


def sold_units(reach: Floats, units: Floats) -> Floats:
    """Mean of what sells of so many units.

    Args:
        reach: Demand that the units can serve, in rising order, shape (paths,).
        units: Units, shape (n,), zero or more.

    Returns:
        Units, shape (n,).

    Examples:
        Demand 0, 1 or 4; of two units 0, 1 or 2 sell.

        >>> sold_units(np.array([0.0, 1.0, 4.0]), np.array([0.0, 2.0]))
        array([0., 1.])
    """
    below = np.searchsorted(reach, units, side="right")
    total = np.concatenate([[0.0], np.cumsum(reach)])
    return (total[below] + (len(reach) - below) * units) / len(reach)


def pooled_values(values: Floats, weights: Floats) -> Floats:
    """Falling values that a sequence of steps has if they are taken in its order.

    Args:
        values: Value of each step per unit of weight, shape (n,).
        weights: Weights, shape (n,), above zero.

    Returns:
        Shape (n,): where values rise, the weighted mean of the steps that belong
        together.

    Examples:
        >>> pooled_values(np.array([1.0, 3.0, 1.0]), np.ones(3))
        array([2., 2., 1.])
    """
    return isotonic_regression(values, weights=weights, increasing=False).x


def step_values(
    ends: Floats,
    reach: Floats,
    *,
    shortage_cost: float,
    holding_cost: float,
    lot_periods: float,
    point_units: float,
    economic_lot_units: float,
    rate: float,
    review_units: float,
) -> tuple[Floats, Floats]:
    """What each step of an order sells and is worth.

    Args:
        ends: Units bought after each step, rising, shape (n,).
        reach: Demand that the order can serve, in rising order, shape (paths,).
        shortage_cost: Currency per unit short.
        holding_cost: Currency per unit and period.
        lot_periods: Periods that a lot lasts.
        point_units: Units of the order that reach the reorder point.
        economic_lot_units: Economic lot; NaN without one.
        rate: Demand. Units per period.
        review_units: Demand between two reviews. Units.

    Returns:
        Mean units sold of each step, shape (n,), and value, shape (n,). Currency.
    """
    starts = np.concatenate([[0.0], ends[:-1]])
    has_lot = economic_lot_units > review_units and rate > 0
    split = np.maximum(point_units, 0.0) if has_lot else np.inf

    def value(low: Floats, high: Floats) -> Floats:
        sold = sold_units(reach, high) - sold_units(reach, low)
        protect = np.minimum(high, split) - np.minimum(low, split)
        protect_sold = sold_units(reach, np.minimum(high, split)) - sold_units(
            reach, np.minimum(low, split)
        )
        worth = shortage_cost * sold - holding_cost * lot_periods * (
            protect - protect_sold
        )
        if has_lot:
            first = review_units + np.maximum(low, split) - split
            last = review_units + np.maximum(high, split) - split
            middle = (first + last) / 2
            worth = worth + (
                holding_cost * (economic_lot_units - middle) * (last - first) / rate
            )
        return worth

    sold = sold_units(reach, ends) - sold_units(reach, starts)
    return sold, value(starts, ends)


def step_ends(
    order_qty_units: float, pack_size_units: float, min_order_units: float
) -> Floats:
    """Units after each step: the smallest order, then pack by pack.

    Args:
        order_qty_units: Units, above zero.
        pack_size_units: Units per pack, above zero.
        min_order_units: Fewest units per order, zero for none.

    Returns:
        Units, shape (steps,), the last one the order.

    Examples:
        >>> step_ends(12.0, 4.0, 5.0)
        array([ 8., 12.])
    """
    packs = packs_up(order_qty_units, pack_size_units)
    least = min(max(float(packs_up(min_order_units, pack_size_units)), 1.0), packs)
    ends = np.arange(least, packs + 1) * pack_size_units
    ends[-1] = order_qty_units
    return ends


def purchase_costs(
    ends: Floats, order_value: float, ladder: pd.DataFrame | None
) -> Floats:
    """What the units after each step cost.

    Args:
        ends: Units, rising, the last one the order, shape (n,).
        order_value: What the order costs. Currency.
        ladder: Prices of the product; None for one price.

    Returns:
        Currency, shape (n,). It can fall where more units have a lower price.

    Examples:
        >>> prices = pd.DataFrame(
        ...     {"min_units": [0, 10], "unit_cost": [5, 4], "is_incremental": False}
        ... )
        >>> purchase_costs(np.array([8.0, 9.0, 10.0]), 40.0, prices)
        array([40., 45., 40.])
    """
    if ladder is not None:
        ladder = ladder.sort_values("min_units")
        costs = _ladder_costs(
            ends,
            ladder["min_units"].to_numpy(dtype=float),
            ladder["unit_cost"].to_numpy(dtype=float),
            is_incremental=bool(ladder["is_incremental"].iloc[0]),
        )
        if np.isclose(costs[-1], order_value, rtol=1e-9):
            return costs
    return ends * (order_value / ends[-1])


def dearer_than_before(costs: Floats) -> npt.NDArray[np.bool_]:
    """Steps after which no larger purchase costs as little, shape (n,).

    Args:
        costs: What the units after each step cost, shape (n,). Currency.

    Returns:
        Whether each is one to stop at; the last one always is.

    Examples:
        >>> dearer_than_before(np.array([40.0, 45.0, 40.0]))
        array([False, False,  True])
    """
    least_later = np.minimum.accumulate(costs[::-1])[::-1]
    return np.append(~(costs[:-1] >= least_later[1:]), True)


def _ladder_costs(
    ends: Floats, breaks: Floats, prices: Floats, *, is_incremental: bool
) -> Floats:
    """Costs of rising quantities: by band, a price and what comes on top of it."""
    reached = ends * (1 + quantity_discounts.COST_TIE)
    band = np.maximum(np.searchsorted(breaks, reached, side="right") - 1, 0)
    costs = prices[band] * ends
    for first in np.unique(band, return_index=True)[1]:
        cost = quantity_discounts.order_value(
            ends[first],
            breakpoints_units=breaks.tolist(),
            unit_prices=prices.tolist(),
            is_incremental=is_incremental,
        )
        costs[band == band[first]] += cost - costs[first]
    return costs


def _steps(
    windows: Windows, place: int, terms: pd.DataFrame, ladders: dict
) -> pd.DataFrame:
    """Steps of one order, in its own order."""
    need = windows.needs.iloc[place]
    term = terms.loc[(need["location_id"], need["product_id"])]
    position = need["inventory_position_units"]
    ends = step_ends(
        term["order_qty_units"],
        term["pack_size_units"],
        np.nan_to_num(term["min_order_units"]),
    )
    rate = windows.rate[place]
    review_units = rate * need["review_periods"]
    lot = np.fmax(need["economic_lot_units"], review_units)
    covered = np.maximum(windows.lead_time[place], position)
    sold, value = step_values(
        ends,
        np.sort(np.maximum(windows.protection[place] - covered, 0.0)),
        shortage_cost=need["shortage_cost_per_unit"],
        holding_cost=need["holding_cost_per_unit_period"],
        lot_periods=lot / rate if rate > 0 else 0.0,
        point_units=term["reorder_point_units"] - position,
        economic_lot_units=term["economic_lot_units"],
        rate=rate,
        review_units=review_units,
    )
    units = np.diff(ends, prepend=0.0)
    raised = term["price_break_units"]
    if raised > 0:
        is_raised = ends > (term["order_qty_units"] - raised) * (1 + 1e-9)
        saving = term["price_break_saving_value"] * units / raised
        value = np.where(is_raised, saving, value)
    is_free = term["order_value"] == 0
    costs = purchase_costs(ends, term["order_value"], ladders.get(need["product_id"]))
    if not is_free:
        kept = np.flatnonzero(dearer_than_before(costs))
        starts = np.append(0, kept[:-1] + 1)
        ends, costs = ends[kept], costs[kept]
        sold, value, units = (
            np.add.reduceat(each, starts) for each in (sold, value, units)
        )
    step_cost = np.diff(costs, prepend=0.0)
    ratio = np.full(len(value), np.nan)
    if not is_free and np.isfinite(value).all() and np.isfinite(step_cost).all():
        # Where the first units are given away, next to nothing: a step needs a weight.
        paid = np.maximum(step_cost, LEAST_COST)
        ratio = pooled_values(value / paid, paid)
    return pd.DataFrame(
        {
            "location_id": need["location_id"],
            "product_id": need["product_id"],
            "unit_rank": ends,
            "step_units": units,
            "step_cost": step_cost,
            "expected_sold_units": sold,
            "expected_value": value,
            "value_per_currency": ratio,
            "is_free": is_free,
        }
    )


def _ranked(steps: pd.DataFrame, budget: float | None) -> pd.DataFrame:
    ranked = steps.assign(
        sorting=steps["value_per_currency"].where(~steps["is_free"], np.inf)
    ).sort_values(
        ["sorting", *KEYS, "unit_rank"],
        ascending=[False, True, True, True],
        na_position="last",
        ignore_index=True,
    )
    ranked["purchase_rank"] = np.arange(1, len(ranked) + 1)
    ranked["is_within_budget"] = (
        True
        if budget is None
        else affordable(
            ranked["step_cost"].to_numpy(),
            ranked.groupby(KEYS).ngroup().to_numpy(),
            budget=budget,
        )
    )
    return ranked[OUTPUT_SCHEMA.names]
