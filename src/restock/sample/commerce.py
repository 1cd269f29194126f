"""Prices, costs and promotions: what the chain decides about its products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restock.sample.catalogue import Products
from restock.sample.streams import Purpose, stream

PROMOTION_SLOT_DAYS = 56
DISCOUNTS = np.array([0.10, 0.15, 0.20, 0.25, 0.30])
LOCAL_PROMOTION_RATE = 0.03
DIP_DAYS = 7
DIP_SHARE = 0.25
WEDNESDAY = 2

_Ints = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Promotions:
    """Promotions, one entry each; the last day is included."""

    product: _Ints
    first_day: _Ints
    last_day: _Ints
    discount_rate: _Floats

    def rates(self, products: int, days: int) -> _Floats:
        """Spread the promotions over products and days.

        Args:
            products: Number of products.
            days: Number of days.

        Returns:
            Discount rate, shape (products, days), zero where none runs.
        """
        rates = np.zeros((products, days))
        for length in np.unique(self.last_day - self.first_day + 1):
            chosen = self.last_day - self.first_day + 1 == length
            day = self.first_day[chosen, None] + np.arange(length)
            product = np.repeat(self.product[chosen, None], length, axis=1)
            rate = np.repeat(self.discount_rate[chosen, None], length, axis=1)
            inside = day < days
            rates[product[inside], day[inside]] = rate[inside]
        return rates


@dataclass(frozen=True)
class Prices:
    """Shelf price and purchase cost. Cents, shape (products, days)."""

    price_cents: _Ints
    cost_cents: _Ints


def build_promotions(
    rng: np.random.Generator, *, chance: _Floats, first_weekday: int, days: int
) -> Promotions:
    """Draw promotions of one or two weeks that start on a Wednesday.

    Each product has at most one promotion per slot of eight weeks, so that two never
    overlap.

    Args:
        rng: Random stream.
        chance: Chance of a promotion per product and slot, shape (products,).
        first_weekday: Weekday of day zero, Monday is 0.
        days: Days in which a promotion may start.

    Returns:
        Promotions ordered by product and first day.
    """
    first_start = (WEDNESDAY - first_weekday) % 7
    slots = max(-(-(days - first_start) // PROMOTION_SLOT_DAYS), 0)
    draws = rng.random((len(chance), slots, 4))
    product, slot = np.nonzero(draws[..., 0] < chance[:, None])
    picked = draws[product, slot]
    week = np.floor(6 * picked[:, 1]).astype(np.int64)
    first_day = first_start + PROMOTION_SLOT_DAYS * slot + 7 * week
    length = np.where(picked[:, 2] < 0.7, 7, 14)
    rate = DISCOUNTS[np.floor(len(DISCOUNTS) * picked[:, 3]).astype(np.int64)]
    kept = first_day < days
    return Promotions(
        product=product[kept],
        first_day=first_day[kept],
        last_day=(first_day + length - 1)[kept],
        discount_rate=rate[kept],
    )


def within_range(promotions: Promotions, products: Products) -> Promotions:
    """Keep the promotions of products that are on sale throughout.

    Args:
        promotions: Promotions to choose from.
        products: The range of products.

    Returns:
        Promotions that start after a product's launch month and end before it is
        discontinued.
    """
    launched = products.introduced_day[promotions.product]
    kept = np.where(launched > 0, promotions.first_day >= launched + 30, True)
    kept &= promotions.last_day < products.discontinued_day[promotions.product]
    return Promotions(
        *(
            getattr(promotions, name)[kept]
            for name in ("product", "first_day", "last_day", "discount_rate")
        )
    )


def without_clashes(local: Promotions, chain: Promotions) -> Promotions:
    """Drop a store's own promotions that touch one of the chain's.

    Args:
        local: Promotions of a store.
        chain: Promotions of all stores.

    Returns:
        Those of `local` with a week's distance from every one in `chain`.
    """
    clash = np.array(
        [
            (
                (chain.product == product)
                & (chain.first_day <= last + DIP_DAYS)
                & (chain.last_day >= first - DIP_DAYS)
            ).any()
            for product, first, last in zip(
                local.product, local.first_day, local.last_day, strict=True
            )
        ],
        dtype=bool,
    )
    return Promotions(
        local.product[~clash],
        local.first_day[~clash],
        local.last_day[~clash],
        local.discount_rate[~clash],
    )


def promotion_effect(rates: _Floats, elasticity: _Floats) -> _Floats:
    """Return what promotions do to demand: a lift, then a dip of a week.

    Args:
        rates: Discount rate, shape (products, days), in [0, 1).
        elasticity: Price elasticity of each product, shape (products,), above zero.

    Returns:
        Factor on demand, shape (products, days), above zero.

    Examples:
        A quarter off at elasticity 2 multiplies demand by (4/3)**2, and the days
        after lose a quarter of the share that was gained:

        >>> rates = np.zeros((1, 3))
        >>> rates[0, 0] = 0.25
        >>> promotion_effect(rates, np.array([2.0])).round(4)
        array([[1.7778, 0.8906, 0.8906]])
    """
    lift = (1.0 - rates) ** -elasticity[:, None]
    recent = np.ones_like(lift)
    for lag in range(1, min(DIP_DAYS, lift.shape[1] - 1) + 1):
        recent[:, lag:] = np.maximum(recent[:, lag:], lift[:, :-lag])
    dip = 1.0 - DIP_SHARE * (1.0 - 1.0 / recent)
    return np.where(rates > 0, lift, dip)


def build_prices(*, seed: int, products: Products, days: int) -> Prices:
    """Draw the history of prices and costs.

    About half the products change their cost once or twice, and most of those pass
    it on in the price some weeks later. Prices end in nine cents.

    Args:
        seed: Seed of the sample.
        products: The range of products.
        days: Number of days.

    Returns:
        Price and cost of every product on every day.
    """
    draws = stream(seed, Purpose.PRICE).random((products.count, 2, 4))
    day = np.arange(days)
    cost = np.repeat(products.first_cost[:, None], days, axis=1)
    price = np.repeat(products.first_price[:, None], days, axis=1)
    for step in range(2):
        chance, size, moment, passed_on = draws[:, step].T
        when = np.floor(days * (0.15 + 0.4 * step + 0.3 * moment))
        change = np.where(chance < 0.45 - 0.2 * step, -0.02 + 0.10 * size, 0.0)
        cost *= np.where(day >= when[:, None], 1.0 + change[:, None], 1.0)
        follows = np.where(passed_on < 0.75, change, 0.0)
        price *= np.where(day >= when[:, None] + 21, 1.0 + follows[:, None], 1.0)
    tenths = np.round(price * 10.0).astype(np.int64)
    return Prices(
        price_cents=np.maximum(10 * tenths - 1, 9),
        cost_cents=np.maximum(np.round(cost * 100.0).astype(np.int64), 1),
    )
