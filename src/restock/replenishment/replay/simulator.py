r"""Simulation of ordering policies, many series at once.

Timing: an order is decided at the close of a period, after its sales. Decision k is
the one at the close of period k - 1, so just before period k, and 0 is the first.
With a lead time of L periods it can be sold from the start of period k + L; fractions
of a period are rounded up. Within a period: decide, receive, sell, count what is left.

Demand that finds no stock is lost, or waits where `unmet` says so. Waiting demand is
what most closed forms assume; the simulator has it so that it can be held against
them.

References:
    Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains,
    4th ed., 2017, chapters 6 and 7, on the policies and their measures.
    Bijvank and Vis, Lost-sales inventory theory: a review, European Journal of
    Operational Research 215, 2011.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from restock.inventory.packs import packs_up
from restock.replenishment.demand.lead_time_draws import PERIOD_SLACK
from restock.statistics.arrays import Booleans, Floats, Indices, Integers

# Stock below this is the rounding of sums, not stock.
UNIT_SLACK = 1e-9


class VisibleState(NamedTuple):
    """What a policy may know when it decides.

    Attributes:
        decision: Number of the decision: that before period `decision`.
        on_hand_units: Stock at the close of the last period, shape (series,); below
            zero where demand waits.
        outstanding_units: Units of each open order, shape (series, slots); zero in
            an empty slot.
        outstanding_age_periods: Periods since each was decided, shape (series,
            slots).
        position_units: On hand plus all that is outstanding, shape (series,).
        outstanding_due_periods: Periods from now until each was promised, shape
            (series, slots); NaN where nothing was.
    """

    decision: int
    on_hand_units: Floats
    outstanding_units: Floats
    outstanding_age_periods: Integers
    position_units: Floats
    outstanding_due_periods: Floats


Policy = Callable[[VisibleState], Floats]


class UnknownQuantityError(ValueError):
    """A policy wants an unknown quantity of a series that decides.

    Attributes:
        series: Numbers of the series.
        decision: Number of the decision.
    """

    def __init__(self, series: Indices, decision: int) -> None:
        """Say whose quantity is unknown, and when."""
        self.series = series
        self.decision = decision
        super().__init__(
            f"series {series.tolist()} want an unknown quantity at decision {decision}"
        )


@dataclass(frozen=True)
class OpenOrders:
    """Orders placed before the first decision.

    Attributes:
        units: Units of each, shape (series, orders); zero fills a row up.
        due_period: Period at whose start each comes, zero or more.
        age_periods: Periods since each was decided, at decision 0. Below zero it is
            one that is decided later, known beforehand: an own order, which starts and
            ends cycles.
        promised_periods: Periods from decision 0 until each was promised; NaN where
            nothing was, None for none.
    """

    units: Floats
    due_period: Integers
    age_periods: Integers
    promised_periods: Floats | None = None


@dataclass(frozen=True)
class Setting:
    """The world that a policy is put into.

    Attributes:
        demand_units: Demand, shape (series, periods), zero or more.
        lead_time_periods: Lead time that an order of each decision turns out to
            have, shape (series, periods) or (series, 1). Fractions are rounded up.
        on_hand_units: Stock before the first period, shape (series,).
        review_periods: Periods between two decisions, shape (series,), one or more;
            the first decision is number 0.
        pack_size_units: Units per pack, shape (series,), above zero; None for any
            quantity.
        min_order_units: Fewest units per order, shape (series,); None for none.
        decisions: Decisions from this number on are not taken, shape (series,);
            None takes all.
        open_orders: Orders on their way at the start; None for none.
        unmet: "lost" or "waits".
    """

    demand_units: Floats
    lead_time_periods: Floats
    on_hand_units: Floats
    review_periods: Integers
    pack_size_units: Floats | None = None
    min_order_units: Floats | None = None
    decisions: Integers | None = None
    open_orders: OpenOrders | None = None
    unmet: Literal["lost", "waits"] = "lost"
    whole_lead_time: Integers = field(init=False)

    def __post_init__(self) -> None:
        """Refuse a world outside its range and round lead times up."""
        n_series, n_periods = self.demand_units.shape
        if not (self.demand_units >= 0).all():
            raise ValueError("demand_units must be known and zero or more")
        if not (np.asarray(self.lead_time_periods) >= 0).all():
            raise ValueError("lead_time_periods must be known and zero or more")
        if not (np.asarray(self.review_periods) >= 1).all():
            raise ValueError("review_periods must be one or more")
        if self.pack_size_units is not None and not (self.pack_size_units > 0).all():
            raise ValueError("pack_size_units must be above zero")
        if self.unmet not in ("lost", "waits"):
            raise ValueError(f"unmet must be lost or waits, got {self.unmet}")
        whole = np.ceil(np.asarray(self.lead_time_periods) - PERIOD_SLACK)
        object.__setattr__(
            self,
            "whole_lead_time",
            np.broadcast_to(whole.astype(np.int64), (n_series, n_periods)),
        )

    def copies(self, number: int) -> Setting:
        """The same world so many times, one copy of the series after the other."""

        def tiled(values: Floats | Integers | None) -> Floats | Integers | None:
            if values is None:
                return None
            return np.tile(values, (number,) + (1,) * (np.ndim(values) - 1))

        orders = self.open_orders
        return Setting(
            **{
                name: tiled(getattr(self, name))
                for name in (
                    "demand_units",
                    "lead_time_periods",
                    "on_hand_units",
                    "review_periods",
                    "pack_size_units",
                    "min_order_units",
                    "decisions",
                )
            },
            open_orders=orders
            and OpenOrders(*(tiled(part) for part in vars(orders).values())),
            unmet=self.unmet,
        )

    def is_decided(self, decision: int) -> Booleans:
        """Series that decide at a decision, shape (series,)."""
        due = decision % self.review_periods == 0
        return due if self.decisions is None else due & (decision < self.decisions)


@dataclass(frozen=True)
class Outcome:
    """What happened, by series and bucket of periods.

    Attributes:
        demand_units: Demand, shape (series, buckets).
        sold_units: Demand met from stock in its period.
        unmet_units: Demand that found no stock in its period.
        ordered_units: Units ordered, by the period before which it was decided.
        received_units: Units received, earlier open orders included.
        order_count: Orders placed.
        stock_unit_periods: Sum over periods of the closing stock.
        backlog_unit_periods: Sum over periods of the demand waiting at the close;
            zero where it is lost.
        cycle_count: Replenishment cycles that ended: from one receipt to the next.
        short_cycle_count: Those of them in which demand found no stock.
        closing_units: Stock after the last period, shape (series,); below zero
            where demand waits.
        outstanding_units: Still on order after it, shape (series,).
    """

    demand_units: Floats
    sold_units: Floats
    unmet_units: Floats
    ordered_units: Floats
    received_units: Floats
    order_count: Floats
    stock_unit_periods: Floats
    backlog_unit_periods: Floats
    cycle_count: Floats
    short_cycle_count: Floats
    closing_units: Floats
    outstanding_units: Floats

    def part(self, rows: Indices) -> Outcome:
        """Outcome of some of the series."""
        return Outcome(**{name: values[rows] for name, values in vars(self).items()})


class Costs(NamedTuple):
    """Costs by series and bucket.

    Attributes:
        holding_cost: Currency, shape (series, buckets).
        shortage_cost: Currency.
        ordering_cost: Currency.
    """

    holding_cost: Floats
    shortage_cost: Floats
    ordering_cost: Floats

    @property
    def total_cost(self) -> Floats:
        """Sum of the three."""
        return self.holding_cost + self.shortage_cost + self.ordering_cost


def simulate(
    setting: Setting, policy: Policy, *, bucket_of_period: Integers | None = None
) -> Outcome:
    """Run a policy through a world.

    Args:
        setting: The world.
        policy: Units wanted by each series, shape (series,), from the visible state.
            It is asked whenever any series decides; what it wants of the others is
            dropped. A quantity above zero is raised to the minimum and to whole
            packs.
        bucket_of_period: Bucket that each period is summed into, shape (periods,),
            0 and up; None keeps every period.

    Returns:
        Sums by series and bucket.

    Raises:
        UnknownQuantityError: The policy wants something unknown of a series that
            decides.

    Examples:
        One series, lead time one period, order up to 5 each period. Demand 3, 4, 4:
        the first order of 5 is there in the second period.

        >>> world = Setting(
        ...     demand_units=np.array([[3.0, 4.0, 4.0]]),
        ...     lead_time_periods=np.array([[1.0]]),
        ...     on_hand_units=np.array([0.0]),
        ...     review_periods=np.array([1]),
        ... )
        >>> run = simulate(world, lambda state: 5.0 - state.position_units)
        >>> run.received_units, run.unmet_units
        (array([[0., 5., 0.]]), array([[3., 0., 3.]]))
    """
    n_series, n_periods = setting.demand_units.shape
    buckets = (
        np.arange(n_periods) if bucket_of_period is None else bucket_of_period
    ).astype(int)
    sums = _Sums.zero((n_series, int(buckets.max()) + 1 if n_periods else 0))
    orders = _OrderBook.open(setting)
    stock = setting.on_hand_units.astype(float).copy()
    has_received = np.zeros(n_series, dtype=bool)
    is_short = np.zeros(n_series, dtype=bool)
    for period in range(n_periods):
        bucket = buckets[period]
        decides = setting.is_decided(period)
        if decides.any():
            wanted = np.where(decides, policy(orders.visible(period, stock)), 0.0)
            if np.isnan(wanted).any():
                raise UnknownQuantityError(np.flatnonzero(np.isnan(wanted)), period)
            quantity = feasible_units(setting, wanted)
            orders.place(period, quantity, setting.whole_lead_time[:, period])
            sums.ordered[:, bucket] += quantity
            sums.order_count[:, bucket] += quantity > 0
        received, own_received = orders.receive(period)
        ends_cycle = own_received > 0
        sums.cycles[:, bucket] += ends_cycle & has_received
        sums.short_cycles[:, bucket] += ends_cycle & has_received & is_short
        has_received |= ends_cycle
        is_short &= ~ends_cycle
        stock += received
        demand = setting.demand_units[:, period]
        sold = np.minimum(np.maximum(stock, 0.0), demand)
        unmet = demand - sold
        is_short |= unmet > UNIT_SLACK
        stock -= sold if setting.unmet == "lost" else demand
        sums.demand[:, bucket] += demand
        sums.sold[:, bucket] += sold
        sums.unmet[:, bucket] += unmet
        sums.received[:, bucket] += received
        sums.stock[:, bucket] += np.maximum(stock, 0.0)
        sums.backlog[:, bucket] += np.maximum(-stock, 0.0)
    return Outcome(
        demand_units=sums.demand,
        sold_units=sums.sold,
        unmet_units=sums.unmet,
        ordered_units=sums.ordered,
        received_units=sums.received,
        order_count=sums.order_count,
        stock_unit_periods=sums.stock,
        backlog_unit_periods=sums.backlog,
        cycle_count=sums.cycles,
        short_cycle_count=sums.short_cycles,
        closing_units=stock,
        outstanding_units=orders.units.sum(axis=1),
    )


def costs(
    outcome: Outcome,
    *,
    holding_cost_per_unit_period: Floats,
    shortage_cost_per_unit: Floats,
    order_cost: Floats,
) -> Costs:
    """What an outcome costs.

    Args:
        outcome: Of `simulate`.
        holding_cost_per_unit_period: Currency per unit left at the close of a
            period, shape (series,).
        shortage_cost_per_unit: Currency per unit lost; where demand waits, per unit
            waiting at the close of a period. Shape (series,).
        order_cost: Currency per order, shape (series,).

    Returns:
        Currency by series and bucket.
    """
    waits = outcome.backlog_unit_periods.any()
    short = outcome.backlog_unit_periods if waits else outcome.unmet_units
    return Costs(
        outcome.stock_unit_periods * holding_cost_per_unit_period[:, None],
        short * shortage_cost_per_unit[:, None],
        outcome.order_count * order_cost[:, None],
    )


def feasible_units(setting: Setting, wanted: Floats) -> Floats:
    """Quantity that a vendor accepts: at least the minimum, in whole packs.

    Args:
        setting: The world.
        wanted: Units, shape (series,); zero or less orders nothing.

    Returns:
        Units, shape (series,), zero or more.
    """
    wanted = np.asarray(wanted, dtype=float)
    quantity = np.maximum(wanted, 0.0)
    is_ordered = quantity > UNIT_SLACK
    if setting.min_order_units is not None:
        quantity = np.maximum(quantity, setting.min_order_units)
    if setting.pack_size_units is not None:
        packs = packs_up(quantity, setting.pack_size_units)
        quantity = packs * setting.pack_size_units
    return np.where(is_ordered, quantity, 0.0)


@dataclass
class _Sums:
    """Sums by series and bucket while a simulation runs."""

    demand: Floats
    sold: Floats
    unmet: Floats
    ordered: Floats
    received: Floats
    order_count: Floats
    stock: Floats
    backlog: Floats
    cycles: Floats
    short_cycles: Floats

    @classmethod
    def zero(cls, shape: tuple[int, int]) -> _Sums:
        return cls(*(np.zeros(shape) for _ in range(10)))


@dataclass
class _OrderBook:
    """Open orders in a ring of slots: those from before the start, then our own."""

    units: Floats
    due: Integers
    placed: Integers
    promised: Floats
    n_earlier: int

    @classmethod
    def open(cls, setting: Setting) -> _OrderBook:
        n_series, _ = setting.demand_units.shape
        # An order has come when its slot is used again.
        n_slots = int(setting.whole_lead_time.max(initial=0)) + 1
        units = np.zeros((n_series, n_slots))
        due = np.full((n_series, n_slots), -1, dtype=np.int64)
        placed = np.zeros((n_series, n_slots), dtype=np.int64)
        promised = np.full((n_series, n_slots), np.nan)
        earlier = setting.open_orders
        if earlier is None:
            return cls(units, due, placed, promised, 0)
        earlier_promised = earlier.promised_periods
        if earlier_promised is None:
            earlier_promised = np.full(earlier.units.shape, np.nan)
        return cls(
            np.concatenate([earlier.units, units], axis=1),
            np.concatenate([earlier.due_period, due], axis=1),
            np.concatenate([-earlier.age_periods, placed], axis=1),
            np.concatenate([earlier_promised, promised], axis=1),
            earlier.units.shape[1],
        )

    def visible(self, decision: int, stock: Floats) -> VisibleState:
        return VisibleState(
            decision,
            stock.copy(),
            self.units.copy(),
            decision - self.placed,
            stock + self.units.sum(axis=1),
            self.promised - decision,
        )

    def place(self, decision: int, quantity: Floats, lead_time: Integers) -> None:
        slot = self.n_earlier + decision % (self.units.shape[1] - self.n_earlier)
        self.units[:, slot] = quantity
        self.due[:, slot] = decision + lead_time
        self.placed[:, slot] = decision

    def receive(self, period: int) -> tuple[Floats, Floats]:
        arriving = np.where(self.due == period, self.units, 0.0)
        self.units -= arriving
        is_own = self.placed > 0
        is_own[:, self.n_earlier :] = True
        return arriving.sum(axis=1), np.where(is_own, arriving, 0.0).sum(axis=1)
