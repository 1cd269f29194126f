r"""Order by the stock projected at arrival: sample paths of demand, lost sales.

What is on the shelf when an order comes is not position less demand: a sale that was
lost needs no stock. So each path of demand is run through the open orders until the
new order comes, and the quantity is the one with the least expected cost over the
periods until the next one can come.

With q units arriving at a path's stock, and B_r the largest of the path's net
requirements up to the r-th period of that interval,

.. math:: C(q) = E\Bigl[\sum_{r=1}^{R} h \max(q, B_r) + p\,(B_R - q)^+\Bigr] + const

is convex, and its least point is a weighted quantile of all B: weight h for r < R and
h + p for r = R, at the level p.

References:
    Bijvank and Vis, Lost-sales inventory theory: a review, European Journal of
    Operational Research 215, 2011 (myopic policies). Morton, The near-myopic nature
    of the lagged-proportional-cost inventory problem with lost sales, Operations
    Research 19, 1971.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restock.inventory.packs import packs_down, packs_up
from restock.replenishment.demand.simulated_demand import quantile
from restock.replenishment.replay.ordering_policies import level_at
from restock.replenishment.replay.policy_levels import sum_of_first, whole_units
from restock.replenishment.replay.simulator import Policy, VisibleState
from restock.statistics.arrays import Floats, Integers

QUANTITY_SLACK = 1e-9


@dataclass(frozen=True)
class Costs:
    """What the projected stock is judged by, each of shape (series,).

    Attributes:
        holding_cost_per_unit_period: Currency per unit left at a period's close.
        shortage_cost_per_unit: Currency per unit lost.
        waiting_cost: Currency that waiting for the next review saves: the order
            cost times the share of orders that it spares. Shape (series,) or
            (series, decisions).
    """

    holding_cost_per_unit_period: Floats
    shortage_cost_per_unit: Floats
    waiting_cost: Floats


def projected_stock(
    demand_paths: Callable[[int], Floats],
    *,
    lead_times: Integers,
    review_periods: Integers,
    costs: Costs,
    cycle_stock_units: Floats,
    pack_size_units: Floats,
    min_order_units: Floats,
) -> Policy:
    """Order the amount with the least expected cost at arrival.

    Args:
        demand_paths: Paths of demand as forecast at a decision, shape (series,
            paths, periods); the first period is the one right after the decision.
        lead_times: Whole periods of each path, shape (series, paths).
        review_periods: Periods between decisions, shape (series,).
        costs: What it is judged by.
        cycle_stock_units: Lot less what sells between two reviews: added to an
            order. Units, shape (series,) or (series, decisions), zero or more.
        pack_size_units: Units per pack, shape (series,), above zero.
        min_order_units: Fewest units per order, shape (series,), zero or more.

    Returns:
        The policy. It orders the least-cost packs if that saves more until the next
        review than waiting does.

    Raises:
        ValueError: Paths are shorter than lead time plus review.
    """

    def policy(state: VisibleState) -> Floats:
        needs = net_requirements(
            state.on_hand_units,
            state.outstanding_units,
            state.outstanding_age_periods,
            demand_paths(state.decision),
            lead_times,
            review_periods,
        )
        best = least_cost_units(needs, review_periods, costs)
        extra = level_at(cycle_stock_units, state.decision)
        wanted = np.where(best > QUANTITY_SLACK, best + extra, 0.0)
        least = packs_up(min_order_units, pack_size_units)
        fewer, more = (
            np.maximum(packs(wanted, pack_size_units), least) * pack_size_units
            for packs in (packs_down, packs_up)
        )
        # Beyond the next review the cycle stock is worth its lot, not the myopic cost.
        fewer_is_better = (extra <= QUANTITY_SLACK) & (
            expected_cost(fewer, needs, review_periods, costs)
            < expected_cost(more, needs, review_periods, costs)
        )
        quantity = np.where(fewer_is_better, fewer, more)
        judged = np.minimum(quantity, np.maximum(best, 0.0))
        judged = np.where(extra <= QUANTITY_SLACK, quantity, judged)
        saved = expected_cost(
            np.zeros(len(best)), needs, review_periods, costs
        ) - expected_cost(judged, needs, review_periods, costs)
        waiting_cost = level_at(costs.waiting_cost, state.decision)
        is_worth_it = (wanted > 0) & (saved > waiting_cost)
        return np.where(is_worth_it, quantity, 0.0)

    return policy


def projected_min_max(
    demand_paths: Callable[[int], Floats],
    *,
    lead_times: Integers,
    review_periods: Integers,
    fractile: Floats,
    target: npt.NDArray[np.object_],
    reorder_point_units: Floats,
    cycle_stock_units: Floats,
) -> Policy:
    """Shipped rule: (s, S), for least cost without stock for what will be lost.

    What finds the shelf empty before an order can come needs no stock. Where a service
    is promised the order is the full one: the stock that it leaves over is no loss of
    service.

    Args:
        demand_paths: See `projected_stock`.
        lead_times: Whole periods of each path, shape (series, paths).
        review_periods: Periods between decisions, shape (series,).
        fractile: Share of paths that s covers, shape (series, decisions).
        target: cost, cycle_service or fill_rate, shape (series,).
        reorder_point_units: s. Units, shape (series,) or (series, decisions).
        cycle_stock_units: S less s. Units, same shapes.

    Returns:
        The policy.

    Raises:
        ValueError: Paths are shorter than lead time plus review.
    """
    last = (review_periods - 1)[:, None, None]

    def policy(state: VisibleState) -> Floats:
        paths = demand_paths(state.decision)
        needs = net_requirements(
            state.on_hand_units,
            state.outstanding_units,
            state.outstanding_age_periods,
            paths,
            lead_times,
            review_periods,
        )
        to_serve = np.take_along_axis(needs, last, axis=2)[:, :, 0]
        protection = sum_of_first(paths, lead_times + review_periods[:, None])
        share = level_at(fractile, state.decision)
        with_lost, without_lost = (
            np.where(share > 0, quantile(np.sort(units, axis=1), share), 0.0)
            for units in (protection, to_serve + state.position_units[:, None])
        )
        counts = (target == "cost") & (share > 0)
        lost = np.where(counts, np.maximum(with_lost - without_lost, 0.0), 0.0)
        point = level_at(reorder_point_units, state.decision)
        wanted = whole_units(point - lost, target) - state.position_units
        extra = level_at(cycle_stock_units, state.decision)
        return np.where(wanted < 0, 0.0, wanted + extra)

    return policy


def net_requirements(
    on_hand_units: Floats,
    outstanding_units: Floats,
    outstanding_age_periods: Integers,
    demand_paths: Floats,
    lead_times: Integers,
    review_periods: Integers,
) -> Floats:
    """Most units that a new order must bring by each period until the next one.

    An open order comes after a lead time drawn among those not shorter than its age;
    one that is older than all of them comes next.

    Args:
        on_hand_units: Stock at the decision, shape (series,), zero or more.
        outstanding_units: Open orders, shape (series, slots).
        outstanding_age_periods: Periods since each was decided, same shape.
        demand_paths: Units, shape (series, paths, periods).
        lead_times: Whole periods from decision to arrival of the new order on each
            path, shape (series, paths).
        review_periods: Periods between decisions, shape (series,).

    Returns:
        Units, shape (series, paths, longest review), below zero where the stock
        outlasts the period; NaN beyond a series' own review.

    Raises:
        ValueError: Paths are shorter than lead time plus review.

    Examples:
        3 on hand, 4 arriving next, demand 5, 6 and lead time one period: 2 are left
        when the new order comes, of which 6 are asked.

        >>> net_requirements(
        ...     np.array([3.0]),
        ...     np.array([[4.0]]),
        ...     np.array([[1]]),
        ...     np.array([[[5.0, 6.0]]]),
        ...     np.array([[1]]),
        ...     np.array([1]),
        ... )
        array([[[4.]]])
    """
    n_series, n_paths, n_periods = demand_paths.shape
    longest = int((lead_times.max(axis=1) + review_periods).max(initial=0))
    if longest > n_periods:
        raise ValueError(
            f"paths reach {n_periods} periods, lead time plus review {longest}"
        )
    arrival_times = _arrival_times(
        outstanding_units, outstanding_age_periods, lead_times
    )
    stock = np.repeat(on_hand_units[:, None], n_paths, axis=1).astype(float)
    most = np.full((n_series, n_paths), -np.inf)
    width = int(review_periods.max(initial=1))
    result = np.full((n_series, n_paths, width), np.nan)
    for period in range(longest):
        for slot, time in arrival_times:
            stock += outstanding_units[:, [slot]] * (time == period)
        stock -= demand_paths[:, :, period]
        place = period - lead_times
        is_open = (place >= 0) & (place < review_periods[:, None])
        np.maximum(most, -stock, out=most, where=is_open)
        # Before the new order comes a sale that finds nothing is lost.
        np.maximum(stock, 0.0, out=stock, where=place < 0)
        for step in range(width):
            np.copyto(result[:, :, step], most, where=is_open & (place == step))
    return result


def least_cost_units(needs: Floats, review_periods: Integers, costs: Costs) -> Floats:
    """Quantity with the least expected cost, any fraction.

    Args:
        needs: Of `net_requirements`, shape (series, paths, periods).
        review_periods: Periods that count, shape (series,).
        costs: What it is judged by.

    Returns:
        Units, shape (series,), zero or more.

    Examples:
        One period, holding 1 and shortage 4: the 80 % quantile.

        >>> needs = np.arange(1.0, 11.0).reshape(1, 10, 1)
        >>> one = np.array([1.0])
        >>> least_cost_units(needs, np.array([1]), Costs(one, 4 * one, 0 * one))
        array([8.])
    """
    n_series, n_paths, width = needs.shape
    place = np.arange(width)
    holding = costs.holding_cost_per_unit_period[:, None]
    shortage = costs.shortage_cost_per_unit[:, None]
    weight = holding * (place < review_periods[:, None])
    weight = weight + shortage * (place == review_periods[:, None] - 1)
    flat = needs.reshape(n_series, -1)
    order = np.argsort(flat, axis=1)
    ordered = np.take_along_axis(flat, order, axis=1)
    weights = np.take_along_axis(np.tile(weight, n_paths), order, axis=1)
    wanted = shortage * n_paths
    reached = np.cumsum(weights, axis=1) >= wanted * (1 - QUANTITY_SLACK)
    level = np.take_along_axis(ordered, np.argmax(reached, axis=1)[:, None], axis=1)
    is_worth = costs.shortage_cost_per_unit > 0
    return np.where(is_worth, np.maximum(level[:, 0], 0.0), 0.0)


def expected_cost(
    quantity: Floats, needs: Floats, review_periods: Integers, costs: Costs
) -> Floats:
    """Expected cost of a quantity, up to what no quantity changes.

    Args:
        quantity: Units, shape (series,), zero or more.
        needs: Of `net_requirements`.
        review_periods: Periods that count, shape (series,).
        costs: What it is judged by.

    Returns:
        Currency, shape (series,).
    """
    held = np.maximum(quantity[:, None, None], needs)
    kept = np.nansum(held, axis=2).mean(axis=1)
    last = np.take_along_axis(needs, (review_periods - 1)[:, None, None], axis=2)
    short = np.maximum(last[:, :, 0] - quantity[:, None], 0.0).mean(axis=1)
    return (
        costs.holding_cost_per_unit_period * kept + costs.shortage_cost_per_unit * short
    )


def _arrival_times(
    units: Floats, age: Integers, lead_times: Integers
) -> list[tuple[int, Integers]]:
    """Period in which each open order comes, by path; slots without any left out."""
    n_series, n_paths = lead_times.shape
    ordered = np.sort(lead_times, axis=1)
    rows = np.arange(n_series)[:, None]
    # Evenly over the lead times left, each slot in another sequence of the paths.
    share = (np.arange(n_paths) + 0.5) / n_paths
    result = []
    for slot in np.flatnonzero((units != 0).any(axis=0)):
        is_over = ordered < age[:, [slot]]
        n_over = is_over.sum(axis=1, keepdims=True)
        golden = np.modf(share * n_paths * 0.6180339887498949 + 0.37 * slot)[0]
        place = n_over + np.floor(golden * (n_paths - n_over)).astype(np.int64)
        drawn = ordered[rows, np.minimum(place, n_paths - 1)]
        result.append((int(slot), np.maximum(drawn - age[:, [slot]], 0)))
    return result
