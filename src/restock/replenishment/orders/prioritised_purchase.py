"""Which units to buy first when money is short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
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
    bought = {item.product_id: 0.0 for item in items}
    units = ranked_units(items)
    place = {name: index for index, name in enumerate(bought)}
    chosen = affordable(
        np.array([unit.unit_cost for unit in units]),
        np.array([place[unit.product_id] for unit in units], dtype=int),
        budget=budget,
    )
    spend = 0.0
    value = 0.0
    for unit, is_bought in zip(units, chosen, strict=True):
        if is_bought:
            bought[unit.product_id] += 1.0
            spend += unit.unit_cost
            value += unit.expected_value
    return PurchasePlan(bought, spend, value)


def affordable(
    costs: npt.NDArray[np.float64], items: npt.NDArray[np.intp], *, budget: float
) -> npt.NDArray[np.bool_]:
    """Steps of a ranked list that a budget buys.

    A step that the rest of the budget cannot pay is passed over, and with it what
    follows of its item.

    Args:
        costs: Cost of each step, in order of preference, shape (n,). Currency; NaN
            cannot be bought.
        items: Item of each step, shape (n,).
        budget: Currency, zero or more.

    Returns:
        Whether each step is bought, shape (n,).

    Raises:
        ValueError: The budget is below zero.

    Examples:
        The second step of item 0 does not fit any more, the one of item 1 does.

        >>> affordable(np.array([5.0, 5.0, 2.0]), np.array([0, 0, 1]), budget=8.0)
        array([ True, False,  True])
    """
    if budget < 0:
        raise ValueError(f"a budget must be zero or more; got {budget}")
    chosen = np.zeros(len(costs), dtype=bool)
    passed: set[int] = set()
    limit = budget * (1 + BUDGET_SLACK)
    spend = 0.0
    for step, (cost, item) in enumerate(
        zip(costs.tolist(), items.tolist(), strict=True)
    ):
        if item in passed:
            continue
        if spend + cost <= limit:
            chosen[step] = True
            spend += cost
        else:
            passed.add(item)
    return chosen
