"""Order quantities under quantity discounts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from restock.inventory.packs import packs_down, packs_up

# Two quantities whose costs differ by less than this share count as equally cheap.
COST_TIE = 1e-12


class DiscountLot(NamedTuple):
    """Best order quantity under quantity discounts.

    Attributes:
        order_qty_units: Units per order; None where no finite quantity is best.
        price_band: Index of the band that the quantity falls in.
        unit_price: Price of that band. Currency per unit.
        annual_total_cost: Purchase, ordering and holding cost. Currency per year.
    """

    order_qty_units: float | None
    price_band: int | None
    unit_price: float | None
    annual_total_cost: float | None


def _check_bands(
    breakpoints_units: Sequence[float], unit_prices: Sequence[float]
) -> None:
    if len(breakpoints_units) != len(unit_prices) or not breakpoints_units:
        raise ValueError(
            f"{len(breakpoints_units)} breakpoints do not fit {len(unit_prices)} prices"
        )
    if any(after <= before for before, after in itertools.pairwise(breakpoints_units)):
        raise ValueError(f"breakpoints must increase; got {list(breakpoints_units)}")


def _fixed_parts(
    breakpoints_units: Sequence[float], unit_prices: Sequence[float]
) -> list[float]:
    """What an order pays on top of its last band's price, for the dearer units."""
    parts = []
    paid = unit_prices[0] * breakpoints_units[0]
    for band, price in enumerate(unit_prices):
        if band:
            width = breakpoints_units[band] - breakpoints_units[band - 1]
            paid += unit_prices[band - 1] * width
        parts.append(paid - price * breakpoints_units[band])
    return parts


def _best(
    *,
    annual_demand_units: float,
    order_cost: float,
    holding_rate_per_year: float,
    breakpoints_units: Sequence[float],
    unit_prices: Sequence[float],
    fixed_parts: Sequence[float],
) -> DiscountLot:
    """Cheapest of the bands' own optima, each moved up to its breakpoint."""
    if annual_demand_units <= 0:
        return DiscountLot(0.0, 0, unit_prices[0], 0.0)
    if holding_rate_per_year <= 0:
        return DiscountLot(None, None, None, None)
    best: DiscountLot | None = None
    ends = [*breakpoints_units[1:], math.inf]
    for band, (start, end, price, fixed) in enumerate(
        zip(breakpoints_units, ends, unit_prices, fixed_parts, strict=True)
    ):
        per_order = order_cost + fixed
        holding = holding_rate_per_year * price
        if holding <= 0:
            optimum = math.inf if per_order > 0 else start
        else:
            optimum = math.sqrt(2 * max(per_order, 0.0) * annual_demand_units / holding)
        quantity = max(optimum, start)
        if quantity >= end or math.isinf(quantity):
            continue
        ordering = per_order * annual_demand_units / quantity if quantity > 0 else 0.0
        cost = (
            price * annual_demand_units
            + ordering
            + holding * quantity / 2
            + holding_rate_per_year * fixed / 2
        )
        if best is None or cost < best.annual_total_cost * (1 - COST_TIE):
            best = DiscountLot(quantity, band, price, cost)
    return best or DiscountLot(None, None, None, None)


def all_unit_discount_lot(
    *,
    annual_demand_units: float,
    order_cost: float,
    holding_rate_per_year: float,
    breakpoints_units: Sequence[float],
    unit_prices: Sequence[float],
) -> DiscountLot:
    """Order quantity where the price of the band applies to every unit.

    Args:
        annual_demand_units: Units per year.
        order_cost: Currency per order.
        holding_rate_per_year: Share of the *discounted* price per year.
        breakpoints_units: First quantity of each band, increasing, shape (n,).
        unit_prices: Price of each band. Currency per unit, shape (n,).

    Returns:
        Best quantity, its band and price, and the yearly cost with the purchases. Of
        equally cheap quantities the smaller.

    Raises:
        ValueError: Breakpoints and prices do not match, or breakpoints do not
            increase.

    Examples:
        >>> all_unit_discount_lot(
        ...     annual_demand_units=1000,
        ...     order_cost=200,
        ...     holding_rate_per_year=0.2,
        ...     breakpoints_units=[0, 200, 500],
        ...     unit_prices=[500, 475, 450],
        ... ).annual_total_cost
        472900.0

    References:
        Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., 2019,
        section 3.4.1.
    """
    _check_bands(breakpoints_units, unit_prices)
    return _best(
        annual_demand_units=annual_demand_units,
        order_cost=order_cost,
        holding_rate_per_year=holding_rate_per_year,
        breakpoints_units=breakpoints_units,
        unit_prices=unit_prices,
        fixed_parts=[0.0] * len(unit_prices),
    )


def incremental_discount_lot(
    *,
    annual_demand_units: float,
    order_cost: float,
    holding_rate_per_year: float,
    breakpoints_units: Sequence[float],
    unit_prices: Sequence[float],
) -> DiscountLot:
    """Order quantity where each band's price applies to the units within it.

    Args:
        annual_demand_units: Units per year.
        order_cost: Currency per order.
        holding_rate_per_year: Share of the average unit price per year.
        breakpoints_units: First quantity of each band, increasing, shape (n,).
        unit_prices: Price of each band. Currency per unit, shape (n,).

    Returns:
        Best quantity, its band and price, and the yearly cost with the purchases.

    Raises:
        ValueError: Breakpoints and prices do not match, or breakpoints do not
            increase.

    References:
        Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., 2019,
        section 3.4.2.
    """
    _check_bands(breakpoints_units, unit_prices)
    return _best(
        annual_demand_units=annual_demand_units,
        order_cost=order_cost,
        holding_rate_per_year=holding_rate_per_year,
        breakpoints_units=breakpoints_units,
        unit_prices=unit_prices,
        fixed_parts=_fixed_parts(breakpoints_units, unit_prices),
    )


class DiscountOrder(NamedTuple):
    """An order of today under quantity discounts.

    Attributes:
        order_qty_units: Units, a whole number of packs.
        order_value: What they cost. Currency.
        annual_total_cost: Purchase, ordering and holding cost of ordering so much
            each time. Currency per year.
    """

    order_qty_units: float
    order_value: float
    annual_total_cost: float


def order_value(
    order_qty_units: float,
    *,
    breakpoints_units: Sequence[float],
    unit_prices: Sequence[float],
    is_incremental: bool,
) -> float:
    """What a quantity costs.

    Args:
        order_qty_units: Units, at least the first breakpoint.
        breakpoints_units: First quantity of each band, increasing, shape (n,).
        unit_prices: Price of each band. Currency per unit, shape (n,).
        is_incremental: Whether a price holds for the units within its band only.

    Returns:
        Currency.

    Raises:
        ValueError: See `all_unit_discount_lot`, or the quantity is in no band.

    Examples:
        Ten at 5, and 4 from the tenth on:

        >>> terms = {"breakpoints_units": [0, 10], "unit_prices": [5, 4]}
        >>> order_value(12, is_incremental=False, **terms)
        48.0
        >>> order_value(12, is_incremental=True, **terms)
        58.0
    """
    _check_bands(breakpoints_units, unit_prices)
    if order_qty_units < breakpoints_units[0]:
        raise ValueError(
            f"{order_qty_units} units are below the first band, {breakpoints_units[0]}"
        )
    band = max(
        index
        for index, start in enumerate(breakpoints_units)
        if start <= order_qty_units * (1 + COST_TIE)
    )
    fixed = _fixed_parts(breakpoints_units, unit_prices)[band] if is_incremental else 0
    return float(unit_prices[band] * order_qty_units + fixed)


def discount_order(
    *,
    order_qty_units: float,
    max_order_units: float,
    pack_size_units: float,
    annual_demand_units: float,
    order_cost: float,
    holding_rate_per_year: float,
    breakpoints_units: Sequence[float],
    unit_prices: Sequence[float],
    is_incremental: bool,
) -> DiscountOrder:
    r"""Raise an order that is due where a discount pays for holding more.

    Of the quantity that is needed and those of higher price bands, in packs and no
    larger than allowed, the one with the least yearly cost

    .. math:: (K + C(Q)) D / Q + i C(Q) / 2

    with C(Q) what it costs: the textbook cost of both kinds of discount. Within its
    own band the need stands as it is.

    Args:
        order_qty_units: Units needed, a whole number of packs, above zero.
        max_order_units: Most units; the need where that is more.
        pack_size_units: Units per pack, above zero.
        annual_demand_units: Units per year.
        order_cost: Currency per order.
        holding_rate_per_year: Share of what a unit costs, per year.
        breakpoints_units: First quantity of each band, increasing, shape (n,).
        unit_prices: Price of each band. Currency per unit, shape (n,).
        is_incremental: Whether a price holds for the units within its band only.

    Returns:
        Quantity, what it costs, and its yearly cost. Of equally cheap quantities the
        smallest; the need itself without demand.

    Raises:
        ValueError: See `order_value`, or the need is not above zero.

    Examples:
        >>> discount_order(
        ...     order_qty_units=100,
        ...     max_order_units=1000,
        ...     pack_size_units=10,
        ...     annual_demand_units=1000,
        ...     order_cost=200,
        ...     holding_rate_per_year=0.2,
        ...     breakpoints_units=[0, 200, 500],
        ...     unit_prices=[500, 475, 450],
        ...     is_incremental=False,
        ... ).order_qty_units
        500.0

    References:
        Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., 2019,
        section 3.4.
    """
    if not order_qty_units > 0:
        raise ValueError(f"an order must be above zero units; got {order_qty_units}")
    terms = {
        "breakpoints_units": breakpoints_units,
        "unit_prices": unit_prices,
        "is_incremental": is_incremental,
    }

    def costed(quantity: float) -> DiscountOrder:
        value = order_value(quantity, **terms)
        cost = (order_cost + value) * annual_demand_units / quantity
        return DiscountOrder(
            float(quantity), value, cost + holding_rate_per_year * value / 2
        )

    best = costed(order_qty_units)
    if not annual_demand_units > 0:
        return best
    fixed_parts = _fixed_parts(breakpoints_units, unit_prices)
    ends = [*breakpoints_units[1:], math.inf]
    most = float(packs_down(max_order_units, pack_size_units))
    for start, end, price, fixed in zip(
        breakpoints_units, ends, unit_prices, fixed_parts, strict=True
    ):
        low = float(packs_up(start, pack_size_units))
        high = most
        if math.isfinite(end):
            high = min(most, float(packs_up(end, pack_size_units)) - 1)
        if start <= order_qty_units or low > high:
            continue
        per_order = order_cost + (fixed if is_incremental else 0.0)
        holding = holding_rate_per_year * price
        packs = low
        if per_order > 0 and holding > 0:
            packs = math.sqrt(2 * per_order * annual_demand_units / holding)
            packs = packs / pack_size_units
        elif per_order > 0:
            packs = high
        # The cost is convex within a band: the best multiple is next to the optimum.
        for count in sorted({math.floor(packs), math.ceil(packs)}):
            option = costed(min(max(count, low), high) * pack_size_units)
            if option.annual_total_cost < best.annual_total_cost * (1 - COST_TIE):
                best = option
    return best
