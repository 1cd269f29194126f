"""Order quantities under quantity discounts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

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
    fixed_parts = []
    paid = unit_prices[0] * breakpoints_units[0]
    for band, price in enumerate(unit_prices):
        if band:
            width = breakpoints_units[band] - breakpoints_units[band - 1]
            paid += unit_prices[band - 1] * width
        fixed_parts.append(paid - price * breakpoints_units[band])
    return _best(
        annual_demand_units=annual_demand_units,
        order_cost=order_cost,
        holding_rate_per_year=holding_rate_per_year,
        breakpoints_units=breakpoints_units,
        unit_prices=unit_prices,
        fixed_parts=fixed_parts,
    )
