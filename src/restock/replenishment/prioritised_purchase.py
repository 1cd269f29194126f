"""Which units to buy first when money is short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import poisson

# Beyond this tail probability a unit that costs nothing to keep is worth nothing.
NEGLIGIBLE_PROBABILITY = 1e-15
BUDGET_SLACK = 1e-9


class PurchaseItem(NamedTuple):
    """An item that can be bought.

    Attributes:
        product_id: Key of the item.
        mean_units: Mean Poisson demand over the protection interval.
        position_units: Inventory position before buying. Whole units.
        underage_cost: Margin plus penalty of a unit of demand missed. Currency.
        overage_cost: Cost of a unit left over. Currency.
        unit_cost: Currency per unit.
    """

    product_id: str
    mean_units: float
    position_units: float
    underage_cost: float
    overage_cost: float
    unit_cost: float


class RankedUnit(NamedTuple):
    """One more unit of an item and what it is worth.

    Attributes:
        product_id: Key of the item.
        unit_cost: Currency.
        expected_value: Currency; above zero.
    """

    product_id: str
    unit_cost: float
    expected_value: float


class PurchasePlan(NamedTuple):
    """What a budget buys.

    Attributes:
        order_qty_units: Units to buy, by item.
        spend: Currency.
        expected_value: Mean gain over buying nothing. Currency.
    """

    order_qty_units: dict[str, float]
    spend: float
    expected_value: float


def ranked_units(items: Sequence[PurchaseItem]) -> list[RankedUnit]:
    r"""Single units that are worth buying, best value per currency unit first.

    Unit k of an item is worth :math:`m P(D \ge k) - c_o P(D < k)`, so that an item
    is bought up to its newsvendor level if nothing else limits it.

    Args:
        items: Items, any number.

    Returns:
        Units with a value above zero. Units of one item keep their order; of equal
        ratios the item that comes first in `items`.

    Raises:
        ValueError: A unit cost is below zero or a position is not whole.

    References:
        Lokad, Prioritized ordering. Silver, Pyke and Thomas, Inventory and
        Production Management in Supply Chains, 4th ed., 2017, marginal analysis.
    """
    units = []
    for index, item in enumerate(items):
        if item.unit_cost < 0:
            raise ValueError(f"unit cost of {item.product_id} is {item.unit_cost}")
        if item.position_units != int(item.position_units):
            raise ValueError(f"position of {item.product_id} is {item.position_units}")
        at_stake = item.underage_cost + item.overage_cost
        if item.underage_cost <= 0 or item.mean_units < 0:
            continue
        tail = max(item.overage_cost / at_stake, NEGLIGIBLE_PROBABILITY)
        last = int(poisson.isf(tail, item.mean_units)) + 1 if tail < 1 else 0
        ranks = np.arange(int(item.position_units) + 1, last + 1)
        reached = poisson.sf(ranks - 1, item.mean_units)
        missed = poisson.cdf(ranks - 1, item.mean_units)
        values = item.underage_cost * reached - item.overage_cost * missed
        for rank, value in zip(ranks, values, strict=True):
            if value <= 1e-12 * at_stake:
                break
            per_currency = value / item.unit_cost if item.unit_cost else np.inf
            unit = RankedUnit(item.product_id, float(item.unit_cost), float(value))
            units.append((-per_currency, index, int(rank), unit))
    return [unit for *_, unit in sorted(units, key=lambda entry: entry[:3])]


def prioritised_purchase(
    items: Sequence[PurchaseItem], *, budget: float
) -> PurchasePlan:
    """Units that a budget buys, in the order of their value per currency unit.

    A unit that the rest of the budget cannot pay is passed over for cheaper ones.

    Args:
        items: Items, any number.
        budget: Currency, zero or more.

    Returns:
        Units by item, spend and expected gain.

    Raises:
        ValueError: The budget or a unit cost is below zero.

    Examples:
        >>> prioritised_purchase(
        ...     [PurchaseItem("z", 6.0, 0, 4.0, 1.0, 1.0)], budget=1e9
        ... ).order_qty_units
        {'z': 8.0}

    References:
        Lokad, Prioritized ordering.
    """
    if budget < 0:
        raise ValueError(f"a budget must be zero or more; got {budget}")
    bought = {item.product_id: 0.0 for item in items}
    spend = 0.0
    value = 0.0
    for unit in ranked_units(items):
        if spend + unit.unit_cost <= budget * (1 + BUDGET_SLACK):
            bought[unit.product_id] += 1.0
            spend += unit.unit_cost
            value += unit.expected_value
    return PurchasePlan(bought, spend, value)
