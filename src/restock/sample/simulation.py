"""The chain played day by day: demand, sales, stock, orders and receipts of a store."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restock.sample import catalogue, commerce, environment
from restock.sample.catalogue import Products, Vendors
from restock.sample.commerce import Prices, Promotions
from restock.sample.environment import Calendar, Weather
from restock.sample.streams import Purpose, stream

# Promotions are planned this far beyond the last day, weather forecast that far.
PLANNED_DAYS = 42
FORECAST_DAYS = 21
LEAD_TIME_CAP_DAYS = 17
LATE_DAYS = 5
SPLIT_DAYS = 4
RECEIPT_TAIL_DAYS = LEAD_TIME_CAP_DAYS + LATE_DAYS + SPLIT_DAYS
CARRY_RATE = 0.96
CANCEL_RATE = 0.008
SHRINKAGE_RATE = 0.12
COLD_START_DAYS = 28
# How the planner looks back and ahead, by demand pattern.
PLANNER_WINDOW_DAYS = np.array([28, 42, 84, 112])
PLANNER_COVER_DAYS = np.array([5.0, 9.0, 12.0, 18.0])
NOT_RECEIVED = -1

_Ints = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Chain:
    """All that the stores share."""

    seed: int
    start_date: datetime.date
    days: int
    closing_count_days_later: int
    products: Products
    vendors: Vendors
    calendar: Calendar
    promotions: Promotions
    prices: Prices
    macro_dates: npt.NDArray[np.datetime64]
    macro_values: _Floats
    macro_by_day: _Floats

    @property
    def played_days(self) -> int:
        """Days that are played: the sales window, and on to the closing count."""
        return self.days + self.closing_count_days_later


@dataclass(frozen=True)
class OrderLines:
    """Parts of purchase-order lines, one entry per delivery; days from the start.

    `received_day` is `NOT_RECEIVED` on a cancelled line. `order` counts the orders of
    the store from 1.
    """

    order: _Ints
    product: _Ints
    ordered_day: _Ints
    expected_day: _Ints
    received_day: _Ints
    ordered_units: _Ints
    received_units: _Ints
    cost_cents: _Ints

    @property
    def is_cancelled(self) -> npt.NDArray[np.bool_]:
        """True where the line was cancelled."""
        return self.received_day == NOT_RECEIVED


@dataclass(frozen=True)
class StoreHistory:
    """What happened in a store; daily arrays have shape (days, products).

    On each day: opening - sold - shrunk + received = closing. `demand_units` is what
    shoppers wanted, `sold_units` what the shelf allowed.
    """

    store: int
    is_carried: npt.NDArray[np.bool_]
    opening_units: _Ints
    demand_units: npt.NDArray[np.int32]
    sold_units: npt.NDArray[np.int32]
    received_units: npt.NDArray[np.int32]
    shrunk_units: npt.NDArray[np.int32]
    closing_units: npt.NDArray[np.int32]
    is_listed: npt.NDArray[np.bool_]
    discount_rate: _Floats
    local_promotions: Promotions
    weather: Weather
    lines: OrderLines


def build_chain(
    *,
    seed: int,
    start_date: datetime.date,
    days: int,
    products: int,
    closing_count_days_later: int = 0,
) -> Chain:
    """Decide everything that the stores share.

    Args:
        seed: Seed of the sample, zero or more.
        start_date: First day of the sales window.
        days: Length of the sales window. Days, two or more.
        products: Number of products, one or more.
        closing_count_days_later: Days from the last sale to the closing count.

    Returns:
        The chain.

    Raises:
        ValueError: A size is below its least value.
    """
    if days < 2:
        raise ValueError(f"days must be 2 or more, got {days}")
    if closing_count_days_later < 0:
        raise ValueError(
            "closing_count_days_later must be 0 or more, got "
            f"{closing_count_days_later}"
        )
    horizon = days + closing_count_days_later + PLANNED_DAYS
    calendar = environment.build_calendar(start_date, horizon)
    product_range = catalogue.build_products(seed=seed, products=products, days=days)
    drawn = commerce.build_promotions(
        stream(seed, Purpose.PROMOTION),
        chance=product_range.promotion_rate,
        first_weekday=int(calendar.weekday[0]),
        days=horizon,
    )
    dates, values, by_day = environment.build_macro(seed=seed, calendar=calendar)
    return Chain(
        seed=seed,
        start_date=start_date,
        days=days,
        closing_count_days_later=closing_count_days_later,
        products=product_range,
        vendors=catalogue.build_vendors(seed=seed, products=products),
        calendar=calendar,
        promotions=commerce.within_range(drawn, product_range),
        prices=commerce.build_prices(seed=seed, products=product_range, days=horizon),
        macro_dates=dates,
        macro_values=values,
        macro_by_day=by_day,
    )


def season_curve(angle: _Floats, strength: _Floats, peak_day: _Floats) -> _Floats:
    """Return a von Mises curve over the year with mean one.

    Args:
        angle: Day of the year as an angle. Radians, shape (days,).
        strength: Concentration, zero or more, shape (products,). Zero is flat.
        peak_day: Day of the year at the peak, shape (products,).

    Returns:
        Factor on demand, shape (products, days).

    References:
        Mardia and Jupp, Directional Statistics, Wiley, 2000; the von Mises
        distribution.
    """
    peak = 2 * np.pi * peak_day / environment.DAYS_PER_YEAR
    exponent = strength[:, None] * np.cos(angle - peak[:, None])
    return np.exp(exponent) / np.i0(strength)[:, None]


def draw_units(
    rng: np.random.Generator, *, mean: _Floats, pattern: npt.NDArray[np.int64]
) -> npt.NDArray[np.int32]:
    """Draw counts with a given mean: smooth, erratic, intermittent or lumpy.

    Smooth demand is negative binomial near Poisson. The others are compound Poisson:
    shoppers come at random and each takes one unit plus a geometric number, so that
    a lumpy product sells seldom and then several at once.

    Args:
        rng: Random stream, drawn product by product.
        mean: Mean units, shape (products, periods), zero or more.
        pattern: Index into `catalogue.PATTERNS`, shape (products,).

    Returns:
        Units, shape (products, periods).

    References:
        Syntetos, Babai and Altay, On the demand distributions of spare parts,
        International Journal of Production Research, 2012.
    """
    size = np.array([1.0, 2.6, 1.25, 4.0])[pattern]
    # A day's traffic varies too: gamma mixing with this many shares.
    shares = np.array([25.0, 4.0, 3.0, 2.0])[pattern]
    units = np.empty(mean.shape, dtype=np.int32)
    for row in range(len(mean)):
        mix = rng.gamma(shares[row], 1.0 / shares[row], mean.shape[1])
        shoppers = rng.poisson(mean[row] * mix / size[row])
        extra = np.zeros(mean.shape[1], dtype=np.int64)
        some = shoppers > 0
        if size[row] > 1.0:
            extra[some] = rng.negative_binomial(shoppers[some], 1.0 / size[row])
        units[row] = shoppers + extra
    return units


def _pairs(chain: Chain, store: int) -> tuple[npt.NDArray[np.bool_], _Floats, _Floats]:
    """Return what a store carries, its units per day, and its planner's bias.

    The bias is a factor on every forecast of the pair, a lasting error of judgement.
    """
    products = chain.products
    scale = np.exp(0.3 * stream(chain.seed, Purpose.STORE, store).standard_normal())
    pair = stream(chain.seed, Purpose.PAIR, store)
    draws = pair.random((products.count, 4))
    local = np.exp(0.84 * (draws[:, 0] + draws[:, 1] - 1.0))
    bias = 0.82 + 0.36 * draws[:, 3]
    return draws[:, 2] < CARRY_RATE, products.units_per_day * scale * local, bias


def _demand_means(
    chain: Chain, store: int, rates: _Floats, weather: Weather, discounts: _Floats
) -> tuple[_Floats, _Floats]:
    """Return mean demand, and the part of its shape that a planner foresees."""
    products, calendar = chain.products, chain.calendar
    horizon = len(calendar.dates)
    years = np.arange(horizon) / environment.DAYS_PER_YEAR
    season = season_curve(
        calendar.year_angle, products.season_strength, products.season_peak_day
    )
    usual = environment.climate_c(calendar.year_angle)
    usual = usual + 1.5 * catalogue.region(store)
    foreseen = season * np.exp(
        products.heat[:, None] * environment.heat_effect(usual)
        + products.growth_per_year[:, None] * years
    )
    promotion = commerce.promotion_effect(discounts, products.price_elasticity)

    weeks = -(-horizon // 7)
    noise = stream(chain.seed, Purpose.LEVEL, store).standard_normal(
        (products.count, weeks)
    )
    level = np.repeat(environment.autoregressive(noise, 0.85), 7, axis=1)[:, :horizon]
    level *= np.array([0.08, 0.15, 0.12, 0.12])[products.pattern][:, None]
    traffic = stream(chain.seed, Purpose.TRAFFIC, store).standard_normal(horizon)
    warmth = environment.heat_effect(weather.temperature_c)
    price = chain.prices.price_cents / chain.prices.price_cents[:, :1]
    effect = (
        products.heat[:, None] * (warmth - environment.heat_effect(usual))
        + products.rain[:, None] * environment.rain_effect(weather.rain_mm)
        + calendar.holiday_effect[products.category]
        + environment.MACRO_EFFECT[products.category][:, None]
        * np.log(chain.macro_by_day / 100.0)
        - 1.2 * np.log(price)
        + level
        + 0.06 * environment.autoregressive(traffic, 0.3)
    )
    week = environment.WEEK_SHAPE[products.category][:, calendar.weekday]
    launch = np.ones((products.count, horizon))
    age = np.arange(horizon) - products.introduced_day[:, None]
    is_new = products.introduced_day > 0
    launch[is_new] = np.clip(0.35 + age[is_new] / 60.0, 0.0, 1.0)
    mean = rates[:, None] * foreseen * np.exp(effect) * week * promotion * launch
    mean[:, ~calendar.is_open] = 0.0
    # Rounded so that the last bit of an exponential cannot change a draw.
    return np.round(mean, 6), foreseen * promotion**0.75


def _lead_times(chain: Chain, store: int) -> tuple[_Ints, _Ints]:
    """Return lead times per vendor and order day, and the days a vendor promises."""
    vendors = chain.vendors
    rng = stream(chain.seed, Purpose.LEAD_TIME, store)
    shape = (vendors.count, chain.played_days)
    normal = rng.standard_normal(shape)
    spread = 1.0 / vendors.variation**2
    gamma = rng.standard_gamma(spread[:, None], shape) / spread[:, None]
    sigma = np.sqrt(np.log1p(vendors.variation**2))[:, None]
    lognormal = np.exp(sigma * normal - 0.5 * sigma**2)
    days = vendors.lead_time_days[:, None] * np.where(
        vendors.is_lognormal[:, None], lognormal, gamma
    )
    days = np.clip(np.round(days), 1, LEAD_TIME_CAP_DAYS).astype(np.int64)
    is_late = rng.random(shape) < vendors.late_rate[:, None]
    return days + LATE_DAYS * is_late, np.ceil(vendors.lead_time_days).astype(np.int64)


class _OrderBook:
    """Orders of a store while it is played."""

    def __init__(self, chain: Chain, store: int) -> None:
        self._chain = chain
        self._rng = stream(chain.seed, Purpose.ORDER_LINE, store)
        self._lead_days, self._promised_days = _lead_times(chain, store)
        self._parts: list[tuple[npt.NDArray[np.int64], ...]] = []
        self._orders = 0
        shape = (chain.played_days + RECEIPT_TAIL_DAYS + 1, chain.products.count)
        self.arriving_units = np.zeros(shape, dtype=np.int32)
        self.settled_units = np.zeros(shape, dtype=np.int32)
        self.on_order_units = np.zeros(chain.products.count, dtype=np.int64)

    def place(self, day: int, product: _Ints, units: _Ints) -> None:
        """Order units of some products, one order per vendor."""
        products, vendors = self._chain.products, self._chain.vendors
        order = np.argsort(products.vendor[product], kind="stable")
        product, units = product[order], units[order]
        vendor = products.vendor[product]
        _, rank = np.unique(vendor, return_inverse=True)
        number = self._orders + 1 + rank
        self._orders += int(rank.max()) + 1

        draws = self._rng.random((4, len(product)))
        pack = products.pack_units[product]
        cancelled = draws[0] < CANCEL_RATE
        split = (draws[1] < vendors.split_rate[vendor]) & (units >= 2 * pack)
        first = np.where(split, pack * -(-(units * 3 // 5) // pack), units)
        first = np.where(split, np.minimum(first, units - pack), first)
        short = (draws[2] < vendors.short_rate[vendor]) & ~split & (units > pack)
        delivered = np.where(
            short, pack * np.maximum(units * 7 // 10 // pack, 1), first
        )
        arrival = day + self._lead_days[vendor, day]
        later = arrival + 1 + np.floor(SPLIT_DAYS * draws[3]).astype(np.int64)
        expected = day + self._promised_days[vendor]
        cost = self._chain.prices.cost_cents[product, day]

        def note(mask, ordered, received, received_day):
            gone = cancelled[mask]
            self._parts.append(
                (
                    number[mask],
                    product[mask],
                    np.full(int(mask.sum()), day),
                    expected[mask],
                    np.where(gone, NOT_RECEIVED, received_day[mask]),
                    ordered[mask],
                    np.where(gone, 0, received[mask]),
                    cost[mask],
                )
            )
            alive = mask & ~cancelled
            at = (received_day[alive], product[alive])
            self.arriving_units[at] += received[alive].astype(np.int32)
            self.settled_units[at] += ordered[alive].astype(np.int32)
            self.on_order_units[product[alive]] += ordered[alive]

        note(np.ones(len(product), dtype=bool), first, delivered, arrival)
        if split.any():
            note(split, units - first, units - first, later)

    def lines(self) -> OrderLines:
        """Return all that was ordered, by order, product and arrival."""
        if not self._parts:
            return OrderLines(*(np.empty(0, dtype=np.int64) for _ in range(8)))
        columns = [np.concatenate(column) for column in zip(*self._parts, strict=True)]
        rank = np.lexsort((columns[4], columns[1], columns[0]))
        return OrderLines(*(column[rank] for column in columns))


def simulate_store(chain: Chain, store: int) -> StoreHistory:
    """Play one store from the first day to the closing count.

    Each day sales are served from the opening stock, then shrinkage is lost, then
    receipts are put away, then the planner reviews the vendors whose turn it is: a
    moving average, shifted by the usual season and planned promotions, over lead
    time, review and a cover. Stock-outs teach the planner nothing, as in life.

    Args:
        chain: What the stores share.
        store: Number of the store, one or more. Other stores do not affect it.

    Returns:
        History of the store.

    Raises:
        ValueError: The number of the store is below one.
    """
    if store < 1:
        raise ValueError(f"store must be 1 or more, got {store}")
    products, vendors, days = chain.products, chain.vendors, chain.played_days
    count = products.count
    horizon = len(chain.calendar.dates)
    is_carried, rates, bias = _pairs(chain, store)
    local = commerce.build_promotions(
        stream(chain.seed, Purpose.LOCAL_PROMOTION, store),
        chance=np.where(is_carried, commerce.LOCAL_PROMOTION_RATE, 0.0),
        first_weekday=int(chain.calendar.weekday[0]),
        days=horizon,
    )
    local = commerce.without_clashes(
        commerce.within_range(local, products), chain.promotions
    )
    discounts = np.maximum(
        chain.promotions.rates(count, horizon), local.rates(count, horizon)
    )
    weather = environment.build_weather(
        seed=chain.seed,
        store=store,
        region=catalogue.region(store),
        calendar=chain.calendar,
    )
    means, foreseen = _demand_means(chain, store, rates, weather, discounts)
    wanted = draw_units(
        stream(chain.seed, Purpose.DEMAND, store),
        mean=means[:, :days],
        pattern=products.pattern,
    )
    demand = np.ascontiguousarray(wanted.T)
    planned = np.zeros((horizon + 1, count))
    np.cumsum(foreseen.T, axis=0, out=planned[1:])

    draws = stream(chain.seed, Purpose.SHRINKAGE, store).random((count, 3))
    shrinks = draws[:, 0] < SHRINKAGE_RATE
    shrink_day = np.where(shrinks, np.floor(days * draws[:, 1]), -1).astype(np.int64)
    shrink_units = 1 + np.floor(3 * draws[:, 2]).astype(np.int64)

    lead, review = vendors.lead_time_days, vendors.review_days
    cover = np.ceil(
        (lead + review)[products.vendor] + PLANNER_COVER_DAYS[products.pattern]
    ).astype(np.int64)
    window = PLANNER_WINDOW_DAYS[products.pattern]
    at_start = is_carried & (products.introduced_day == 0)
    reach = np.minimum(cover, horizon)
    first_cover = rates * bias * planned[reach, np.arange(count)]
    opening = np.where(at_start, np.ceil(first_cover) + 1, 0).astype(np.int64)

    sold = np.zeros((days, count), dtype=np.int32)
    received = np.zeros((days, count), dtype=np.int32)
    shrunk = np.zeros((days, count), dtype=np.int32)
    closing = np.zeros((days, count), dtype=np.int32)
    listed = np.zeros((days, count), dtype=bool)
    sold_so_far = np.zeros((days + 1, count))
    book = _OrderBook(chain, store)
    stock = opening.copy()
    has_arrived = at_start.copy()
    for day in range(days):
        has_arrived |= stock > 0
        is_gone = (
            (products.discontinued_day <= day)
            & (stock == 0)
            & (book.on_order_units == 0)
        )
        listed[day] = has_arrived & ~is_gone
        demand[day] = np.where(listed[day], demand[day], 0)
        sold[day] = np.minimum(demand[day], stock)
        stock -= sold[day]
        shrunk[day] = np.where(shrink_day == day, np.minimum(shrink_units, stock), 0)
        stock -= shrunk[day]
        received[day] = book.arriving_units[day]
        stock += received[day]
        book.on_order_units -= book.settled_units[day]
        closing[day] = stock
        sold_so_far[day + 1] = sold_so_far[day] + sold[day]

        is_due = (day + np.arange(vendors.count) * 2 + store) % review == 0
        product = np.flatnonzero(
            is_due[products.vendor]
            & is_carried
            & (products.introduced_day <= day)
            & (day < products.discontinued_day)
        )
        if not len(product):
            continue
        age = day + 1 - products.introduced_day[product]
        since = day + 1 - np.minimum(age, window[product])
        prior = np.maximum(COLD_START_DAYS - age, 0)
        seen = sold_so_far[day + 1, product] - sold_so_far[since, product]
        shape = planned[day + 1, product] - planned[since, product]
        usual = (
            planned[np.minimum(since + 1, horizon), product] - planned[since, product]
        )
        rate = (seen + prior * rates[product] * usual) / (shape + prior * usual)
        until = np.minimum(day + 1 + cover[product], horizon)
        ahead = planned[until, product] - planned[day + 1, product]
        target = 1.0 + bias[product] * rate * ahead
        missing = target - stock[product] - book.on_order_units[product]
        pack = products.pack_units[product]
        units = pack * np.floor(missing / pack + 0.7).astype(np.int64)
        wants = units > 0
        if wants.any():
            book.place(day, product[wants], units[wants])

    return StoreHistory(
        store=store,
        is_carried=is_carried,
        opening_units=opening,
        demand_units=demand,
        sold_units=sold,
        received_units=received,
        shrunk_units=shrunk,
        closing_units=closing,
        is_listed=listed,
        discount_rate=discounts,
        local_promotions=local,
        weather=weather,
        lines=book.lines(),
    )
