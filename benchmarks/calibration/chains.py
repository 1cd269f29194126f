"""Chains in the generic format whose law of demand is known.

Every item sells by a `Law` of its own, day by day; stock never runs out, so what sold
is what was wanted. The truth of an item is drawn from its law, with the state that the
law is in at the as-of date: demand of the `lead time + review` days after that date,
whose order was decided at its close.

Six kinds keep to what a forecaster may assume (`independent`, `dispersed`, `weekday`,
`trending`, `seasonal`, `autocorrelated`), three do not: `heavy` tails, `drifting`
means, and `promoted`, whose promotions are in no file.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.signal import lfilter

from restock.statistics.arrays import Floats

LENGTHS = {"8w": 56, "1y": 365, "2y": 731, "3y": 1096}
WEEKDAYS = tuple(day.lower() for day in calendar.day_name)
# A Monday; the as-of date is the first of its weekday from here on.
FIRST_AS_OF = pd.Timestamp("2024-06-03")
LEAD_TIME_DAYS = np.arange(3, 22)
LOCATION = "L1"
CATEGORIES = 4
ORDER_EVERY_DAYS = 14
WEEKDAY_SHAPE = np.array([0.7, 0.7, 0.8, 0.9, 1.3, 1.7, 0.9])


@dataclass(frozen=True)
class Law:
    """How one item sells.

    Attributes:
        label: Class that it is reported in.
        counts: Demand of a day given its mean: `poisson`; `negative_binomial`;
            `intermittent` (sold on few days, geometric sizes); `heavy` (the same with
            lognormal sizes, rounded up).
        level: Mean demand at the first day. Units per day.
        variance_ratio: Variance over mean of a day (negative binomial). Above one.
        size: Mean size on a day with sales (intermittent, heavy). Units.
        size_log_sd: Deviation of the log of a size (heavy).
        growth: Log of the factor by which the level grows in a year.
        season_share: Amplitude of the season of the year. Fraction of the level.
        season_peak_day: Day of the year of its peak.
        weekday: Factor of each day from Monday on, mean one, shape (7,).
        persistence: What of the log level's deviation is left a day later; one is a
            random walk.
        log_step: Deviation of the log level's daily step.
        promotions_per_year: Promotions that start in a year. Mean count.
        promotion_days: How long one lasts.
        promotion_factor: What it multiplies demand by.
    """

    label: str
    counts: str
    level: float
    variance_ratio: float = 1.0
    size: float = 1.0
    size_log_sd: float = 0.0
    growth: float = 0.0
    season_share: float = 0.0
    season_peak_day: float = 0.0
    weekday: Floats = field(default_factory=lambda: np.ones(7))
    persistence: float = 0.0
    log_step: float = 0.0
    promotions_per_year: float = 0.0
    promotion_days: int = 7
    promotion_factor: float = 1.0

    def start(self, generator: np.random.Generator) -> State:
        """State before the first day, drawn from what the law settles to."""
        log_level = 0.0
        if self.persistence < 1:
            sd = self.log_step / np.sqrt(1 - self.persistence**2)
            log_level = sd * generator.standard_normal()
        chance = self.promotions_per_year / 365
        starts = generator.random(self.promotion_days - 1) < chance
        return State(0, log_level, starts.astype(float))

    def draw(
        self,
        generator: np.random.Generator,
        state: State,
        first_date: pd.Timestamp,
        n_days: int,
        n_paths: int = 1,
    ) -> tuple[Floats, State]:
        """Demand after a state.

        Args:
            generator: Random numbers.
            state: State before the first day.
            first_date: First day.
            n_days: How many days.
            n_paths: How many futures.

        Returns:
            Demand in units, shape (n_paths, n_days), and the first path's state after
            the last day.
        """
        steps = self.log_step * generator.standard_normal((n_paths, n_days))
        before = np.full((n_paths, 1), self.persistence * state.log_level)
        log_level, _ = lfilter([1.0], [1.0, -self.persistence], steps, zi=before)
        chance = self.promotions_per_year / 365
        starts = (generator.random((n_paths, n_days)) < chance).astype(float)
        past = np.tile(state.promotion_starts, (n_paths, 1))
        all_starts = np.concatenate([past, starts], axis=1)
        running = np.cumsum(np.pad(all_starts, ((0, 0), (1, 0))), axis=1)
        is_promoted = running[:, self.promotion_days :] > running[:, :n_days]
        dates = pd.date_range(first_date, periods=n_days)
        days = state.day + np.arange(n_days)
        angle = 2 * np.pi * (dates.dayofyear.to_numpy() - self.season_peak_day) / 365.25
        mean = (
            self.level
            * np.exp(self.growth * days / 365)
            * (1 + self.season_share * np.cos(angle))
            * self.weekday[dates.dayofweek.to_numpy()]
            * np.exp(log_level)
            * np.where(is_promoted, self.promotion_factor, 1.0)
        )
        after = State(
            state.day + n_days,
            float(log_level[0, -1]),
            all_starts[0, n_days:],
        )
        return self._count(generator, mean), after

    def _count(self, generator: np.random.Generator, mean: Floats) -> Floats:
        """Demand of days with these means. Units."""
        if self.counts == "poisson":
            return generator.poisson(mean).astype(float)
        if self.counts == "negative_binomial":
            extra = self.variance_ratio - 1
            return generator.poisson(generator.gamma(mean / extra, extra)).astype(float)
        is_sold = generator.random(mean.shape) < np.minimum(mean / self.size, 1.0)
        if self.counts == "intermittent":
            sizes = generator.geometric(1 / self.size, mean.shape)
        elif self.counts == "heavy":
            centre = np.log(self.size) - self.size_log_sd**2 / 2
            sizes = np.ceil(generator.lognormal(centre, self.size_log_sd, mean.shape))
        else:
            raise ValueError(f"counts is '{self.counts}'")
        return is_sold * sizes.astype(float)


@dataclass(frozen=True)
class State:
    """What of the past moves a law's future.

    Attributes:
        day: Days since the first.
        log_level: Deviation of the log level on the last day.
        promotion_starts: Whether a promotion began on each of the last
            `promotion_days - 1` days.
    """

    day: int
    log_level: float
    promotion_starts: Floats


@dataclass(frozen=True)
class Item:
    """An item of a chain and its truth.

    Attributes:
        product_id: Product; all are sold at `LOCATION`.
        law: How it sells.
        lead_time_days: Mean lead time.
        lead_time_sd_days: Its deviation; lead times are whole days.
        review_days: Days between two decisions.
        as_of: Date after whose close the order is decided.
        state: State of the law then.
        seed: Of its draws.
    """

    product_id: str
    law: Law
    lead_time_days: int
    lead_time_sd_days: float
    review_days: int
    as_of: pd.Timestamp
    state: State
    seed: np.random.SeedSequence

    def protection_demand(self, n_draws: int = 4000) -> Floats:
        """Draws of demand over the protection interval after the as-of date.

        Args:
            n_draws: How many.

        Returns:
            Demand in units, in rising order, shape (n_draws,).
        """
        generator = np.random.default_rng(self.seed)
        lead_times = lead_times_of(
            generator, self.lead_time_days, self.lead_time_sd_days, n_draws
        )
        days = lead_times + self.review_days
        tomorrow = self.as_of + pd.Timedelta(days=1)
        demand, _ = self.law.draw(
            generator, self.state, tomorrow, int(days.max()), n_draws
        )
        total = demand.cumsum(axis=1)[np.arange(n_draws), days - 1]
        return np.sort(total)


@dataclass(frozen=True)
class Chain:
    """A chain and its truth.

    Attributes:
        tables: Frame of each generic file, by its name.
        items: Its items.
        as_of: Date after whose close orders are decided.
    """

    tables: dict[str, pd.DataFrame]
    items: list[Item]
    as_of: pd.Timestamp

    def write(self, folder: Path) -> Path:
        """Write the generic files into a folder, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in self.tables.items():
            frame.to_csv(folder / f"{name}.csv", index=False)
        return folder


def make(
    law: str,
    *,
    n_items: int = 240,
    length: str = "2y",
    weekday: str = "tuesday",
    review_days: int = 7,
    lead_time_variation: float = 0.0,
    order_cost: float = 0.0,
    seed: int = 1,
) -> Chain:
    """A chain of one kind of law.

    Args:
        law: One of `LAWS`.
        n_items: How many items.
        length: History, one of `LENGTHS`.
        weekday: Weekday of the as-of date, one of `WEEKDAYS`.
        review_days: Days between two decisions.
        lead_time_variation: Coefficient of variation of a lead time; zero is fixed.
        order_cost: Cost of a whole order; zero leaves no lot.
        seed: Of every draw.

    Returns:
        Tables and truth. Items of the same seed and law are the same whatever else is
        asked for, but for their order of days.
    """
    as_of = FIRST_AS_OF + pd.Timedelta(days=WEEKDAYS.index(weekday))
    n_days = LENGTHS[length]
    first_date = as_of - pd.Timedelta(days=n_days - 1)
    root = np.random.SeedSequence([seed, list(LAWS).index(law)])
    items, costs, openings = [], [], []
    sales: list[pd.DataFrame] = []
    orders: list[pd.DataFrame] = []
    for number, seeds in enumerate(root.spawn(n_items)):
        law_seed, history_seed, supply_seed, truth_seed = seeds.spawn(4)
        generator = np.random.default_rng(law_seed)
        its_law = LAWS[law](generator, number)
        # What grows is at its level on the as-of date, whatever the length.
        level = its_law.level * np.exp(-its_law.growth * n_days / 365)
        its_law = replace(its_law, level=float(level))
        costs.append(round(float(np.exp(generator.normal(1.5, 0.6))), 2))
        generator = np.random.default_rng(history_seed)
        before = its_law.start(generator)
        demand, after = its_law.draw(generator, before, first_date, n_days)
        lead_time = int(LEAD_TIME_DAYS[number // 3 % len(LEAD_TIME_DAYS)])
        item = Item(
            product_id=f"P{number:04d}",
            law=its_law,
            lead_time_days=lead_time,
            lead_time_sd_days=lead_time_variation * lead_time,
            review_days=review_days,
            as_of=as_of,
            state=after,
            seed=truth_seed,
        )
        items.append(item)
        its_orders = _orders(np.random.default_rng(supply_seed), demand[0], item)
        orders.append(its_orders)
        openings.append(_opening(demand[0], its_orders))
        sold = np.flatnonzero(demand)
        sales.append(
            pd.DataFrame(
                {"product_id": item.product_id, "day": sold, "units": demand[0, sold]}
            )
        )
    tables = _tables(
        items,
        unit_costs=costs,
        openings=openings,
        sales=pd.concat(sales, ignore_index=True),
        orders=pd.concat(orders, ignore_index=True),
        first_date=first_date,
        order_cost=order_cost,
    )
    return Chain(tables, items, as_of)


def lead_times_of(
    generator: np.random.Generator, mean: int, sd: float, size: int
) -> npt.NDArray[np.int64]:
    """Lead times in whole days, at least one: a gamma law, rounded.

    Args:
        generator: Random numbers.
        mean: Mean. Days.
        sd: Deviation. Days; zero is fixed.
        size: How many.
    """
    if sd == 0:
        return np.full(size, mean)
    drawn = generator.gamma((mean / sd) ** 2, sd**2 / mean, size)
    return np.maximum(np.rint(drawn), 1).astype(int)


def category_of(number: int) -> int:
    """Category of an item by its number; it shares its season."""
    return number // 3 % CATEGORIES


def _orders(generator: np.random.Generator, demand: Floats, item: Item) -> pd.DataFrame:
    """Orders that bring back what has sold since the last, received by the last day."""
    ordered = np.arange(ORDER_EVERY_DAYS - 1, len(demand), ORDER_EVERY_DAYS)
    units = demand[: len(ordered) * ORDER_EVERY_DAYS].reshape(len(ordered), -1).sum(1)
    mean, sd = item.lead_time_days, item.lead_time_sd_days
    received = ordered + lead_times_of(generator, mean, sd, len(ordered))
    # Nothing is left open: an order that could still be on its way was not placed.
    is_kept = (units > 0) & (ordered + mean + np.ceil(5 * sd) < len(demand))
    is_kept &= received < len(demand)
    return pd.DataFrame(
        {
            "product_id": item.product_id,
            "vendor_id": _vendor_of(item),
            "ordered": ordered[is_kept],
            "received": received[is_kept],
            "units": units[is_kept],
        }
    )


def _opening(demand: Floats, orders: pd.DataFrame) -> float:
    """Opening count with which the shelf never comes near empty. Units."""
    arrived = np.bincount(
        orders["received"].to_numpy(dtype=int),
        weights=orders["units"].to_numpy(dtype=float),
        minlength=len(demand),
    )
    # Stock before a day's receipt, so that not even the hours before it are short.
    lowest = (arrived.cumsum() - arrived - demand.cumsum()).min()
    return float(np.ceil(demand.max() + 14 * demand.mean() + 1 - min(lowest, 0)))


def _vendor_of(item: Item) -> str:
    """Vendor of an item: one for each lead time."""
    return f"V{item.lead_time_days:02d}"


def _tables(
    items: list[Item],
    *,
    unit_costs: list[float],
    openings: list[float],
    sales: pd.DataFrame,
    orders: pd.DataFrame,
    first_date: pd.Timestamp,
    order_cost: float,
) -> dict[str, pd.DataFrame]:
    """Generic tables; days of sales and orders count from the first date."""
    products = [item.product_id for item in items]
    vendors = {_vendor_of(item): item for item in items}
    dates = {
        name: first_date + pd.to_timedelta(orders[name], unit="D")
        for name in ("ordered", "received")
    }
    return {
        "products": pd.DataFrame(
            {
                "product_id": products,
                "description": [f"Product {product}" for product in products],
                "vendor_id": [_vendor_of(item) for item in items],
                "unit_cost": unit_costs,
                "unit_price": [round(2 * cost, 2) for cost in unit_costs],
                "category": [f"C{category_of(number)}" for number in range(len(items))],
            }
        ),
        "locations": pd.DataFrame({"location_id": [LOCATION], "location_name": "One"}),
        "vendors": pd.DataFrame(
            {
                "vendor_id": list(vendors),
                "vendor_name": [f"Vendor {vendor}" for vendor in vendors],
                "lead_time_days": [item.lead_time_days for item in vendors.values()],
                "review_days": items[0].review_days,
                "min_order_value": 0,
                "order_cost": order_cost,
            }
        ),
        "sales": pd.DataFrame(
            {
                "location_id": LOCATION,
                "product_id": sales["product_id"],
                "sale_date": first_date + pd.to_timedelta(sales["day"], unit="D"),
                "units": sales["units"],
            }
        ),
        "stock_counts": pd.DataFrame(
            {
                "location_id": LOCATION,
                "product_id": products,
                "count_date": first_date - pd.Timedelta(days=1),
                "units": openings,
            }
        ),
        "purchase_order_lines": pd.DataFrame(
            {
                "po_id": orders["product_id"] + "-" + orders["ordered"].astype(str),
                "vendor_id": orders["vendor_id"],
                "location_id": LOCATION,
                "product_id": orders["product_id"],
                "ordered_date": dates["ordered"],
                "units": orders["units"],
                "unit_cost": orders["product_id"].map(
                    dict(zip(products, unit_costs, strict=True))
                ),
                "received_date": dates["received"],
                "received_units": orders["units"],
            }
        ),
    }


def _independent(generator: np.random.Generator, number: int) -> Law:
    """Poisson, erratic and intermittent demand in turn."""
    kind = number % 3
    if kind == 0:
        level = float(np.exp(generator.uniform(np.log(0.5), np.log(12))))
        return Law("poisson", "poisson", level)
    if kind == 1:
        level = float(np.exp(generator.uniform(np.log(1.0), np.log(12))))
        ratio = float(generator.uniform(5, 20))
        return Law("erratic", "negative_binomial", level, variance_ratio=ratio)
    chance = float(np.exp(generator.uniform(np.log(0.02), np.log(0.12))))
    size = float(generator.uniform(1.5, 8))
    return Law("intermittent", "intermittent", chance * size, size=size)


def _weekday(generator: np.random.Generator, number: int) -> Law:
    return replace(_independent(generator, number), weekday=WEEKDAY_SHAPE)


def _trending(generator: np.random.Generator, number: int) -> Law:
    law = _independent(generator, number)
    share = 0.3 if generator.random() < 0.5 else -0.3
    label = f"{law.label} {100 * share:+.0f} %"
    return replace(law, label=label, growth=float(np.log1p(share)))


def _seasonal(generator: np.random.Generator, number: int) -> Law:
    law = _independent(generator, number)
    peak = 365.25 * category_of(number) / CATEGORIES
    peak += float(generator.normal(0, 10))
    share = float(generator.uniform(0.3, 0.8))
    return replace(law, season_share=share, season_peak_day=peak)


def _autocorrelated(generator: np.random.Generator, number: int) -> Law:
    law = _independent(generator, number)
    persistence = float(generator.uniform(0.8, 0.97))
    step = 0.5 * np.sqrt(1 - persistence**2)
    return replace(law, persistence=persistence, log_step=float(step))


def _heavy(generator: np.random.Generator, number: int) -> Law:
    """Sizes without a bounded tail, on most days or on few."""
    del number
    is_frequent = generator.random() < 0.5
    chance = float(generator.uniform(0.4, 0.9) if is_frequent else 0.1)
    size = float(generator.uniform(2, 8))
    label = "heavy frequent" if is_frequent else "heavy sparse"
    sd = float(generator.uniform(1.0, 1.4))
    return Law(label, "heavy", chance * size, size=size, size_log_sd=sd)


def _drifting(generator: np.random.Generator, number: int) -> Law:
    law = _independent(generator, number)
    step = float(generator.uniform(0.01, 0.03))
    return replace(law, persistence=1.0, log_step=step)


def _promoted(generator: np.random.Generator, number: int) -> Law:
    law = _independent(generator, number)
    return replace(
        law,
        promotions_per_year=float(generator.uniform(3, 8)),
        promotion_factor=float(generator.uniform(2, 4)),
    )


def _dispersed(generator: np.random.Generator, number: int) -> Law:
    """Independent days too, slower and wider: classes as a planner would name them."""
    kind = number % 3
    if kind == 0:
        level = float(np.exp(generator.uniform(np.log(0.15), np.log(1.5))))
        return Law("poisson", "poisson", level)
    if kind == 1:
        level = float(np.exp(generator.uniform(np.log(1.5), np.log(15))))
        # Squared variation of a week: .5 to 1.5.
        ratio = 7 * level * float(generator.uniform(0.5, 1.5))
        return Law("erratic", "negative_binomial", level, variance_ratio=ratio)
    chance = float(np.exp(generator.uniform(np.log(0.015), np.log(0.07))))
    size = float(generator.uniform(2, 12))
    return Law("intermittent", "intermittent", chance * size, size=size)


# Order matters: its place is part of the seed.
LAWS = {
    "independent": _independent,
    "weekday": _weekday,
    "trending": _trending,
    "seasonal": _seasonal,
    "autocorrelated": _autocorrelated,
    "heavy": _heavy,
    "drifting": _drifting,
    "promoted": _promoted,
    "dispersed": _dispersed,
}
