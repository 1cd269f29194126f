r"""The cheapest way to fill an order up to a value that a vendor asks for.

What is added is bought before its time: unit q on top of an order would otherwise be
bought when what is there by then, e days of cover beyond the order's own level, and
the q units before it are used up. With demand r a day and h per unit and day, x more
units cost

.. math:: h \left( e x + \frac{x^2}{2 r} \right)

so the cheapest fill gives every product about the same extra days of cover, in packs.
Which packs exactly is a covering knapsack problem, solved to optimality; where bounds
leave more than sixty steps open, within a thousandth of the cost of those.

References:
    Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains,
    4th ed., 2017, coordinated control with group discounts.
    Martello and Toth, Knapsack Problems, 1990: reduction by Lagrangian bounds.
    Huangfu and Hall, Parallelizing the dual revised simplex method, 2018 (HiGHS).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from restock import frames
from restock.inventory.packs import packs_down, packs_up
from restock.replenishment.demand.error_pools import require_columns
from restock.statistics.arrays import Floats

OUTPUT_SCHEMA = pa.schema(
    [
        ("vendor_id", pa.string()),
        ("location_id", pa.string()),
        ("fill_target", pa.string()),
        ("product_id", pa.string()),
        ("added_units", pa.float64()),
        ("added_value", pa.float64()),
        ("added_holding_cost", pa.float64()),
    ]
)

ORDER_KEYS = ["vendor_id", "location_id", "fill_target"]

_NUMBERS = [
    "missing_value",
    "unit_cost",
    "pack_size_units",
    "first_step_units",
    "max_added_units",
    "early_days",
    "demand_per_day_units",
    "holding_cost_per_unit_day",
]

# A minimum that is missed by less than this share counts as reached: the rounding of
# sums of prices.
VALUE_SLACK = 1e-9
# What the solver may miss a constraint by, and then again.
_SOLVER_SLACK = 2e-6
# Beyond so many open steps a fill within a share of the least cost will do: what is
# left to gain is then less than the value that the last pack overshoots by.
_EXACT_STEPS = 60
_LARGE_GAP = 1e-3


def vendor_fills(candidates: pd.DataFrame) -> pd.DataFrame:
    """Fill every order that lacks something to its target.

    Args:
        candidates: One row per order, target and product that could be added:
            `vendor_id`, `location_id`, `fill_target`, `product_id`, `missing_value`
            (of the order; above zero), `unit_cost`, `pack_size_units`,
            `first_step_units` (fewest that can be added), `max_added_units`,
            `early_days` (e above; zero or more), `demand_per_day_units` (above zero),
            `holding_cost_per_unit_day`.

    Returns:
        One row per order, target and product that is added, with the columns of
        `OUTPUT_SCHEMA`, ordered by ids. An order that all candidates together cannot
        fill has no row.

    Raises:
        KeyError: A column is missing.
        ValueError: A number is missing or outside its range.
    """
    require_columns("candidates", candidates, [*ORDER_KEYS, "product_id", *_NUMBERS])
    filled = []
    for keys, group in candidates.sort_values([*ORDER_KEYS, "product_id"]).groupby(
        ORDER_KEYS
    ):
        terms = {name: frames.floats(group, name) for name in _NUMBERS}
        missing = terms.pop("missing_value")[0]
        added = cheapest_fill(missing, **terms)
        if added is None:
            continue
        cost = extra_holding_cost(
            added,
            early_days=terms["early_days"],
            demand_per_day_units=terms["demand_per_day_units"],
            holding_cost_per_unit_day=terms["holding_cost_per_unit_day"],
        )
        table = pd.DataFrame(
            {
                "product_id": group["product_id"].to_numpy(),
                "added_units": added,
                "added_value": added * terms["unit_cost"],
                "added_holding_cost": cost,
            }
        ).assign(**dict(zip(ORDER_KEYS, keys, strict=True)))
        filled.append(table[table["added_units"] > 0])
    if not filled:
        return frames.empty(OUTPUT_SCHEMA)
    return pd.concat(filled, ignore_index=True)[OUTPUT_SCHEMA.names]


def extra_holding_cost(
    added_units: Floats,
    *,
    early_days: Floats,
    demand_per_day_units: Floats,
    holding_cost_per_unit_day: Floats,
) -> Floats:
    """What it costs to buy units before their time.

    Args:
        added_units: Units, shape (n,).
        early_days: Days before the first of them is missed, shape (n,).
        demand_per_day_units: Units per day, shape (n,), above zero.
        holding_cost_per_unit_day: Currency per unit and day, shape (n,).

    Returns:
        Currency, shape (n,).

    Examples:
        Ten units at 2 a day, of which the first is missed in 3 days, lie 5.5 days on
        average:

        >>> extra_holding_cost(
        ...     np.array([10.0]),
        ...     early_days=np.array([3.0]),
        ...     demand_per_day_units=np.array([2.0]),
        ...     holding_cost_per_unit_day=np.array([0.01]),
        ... )
        array([0.55])
    """
    days = early_days + added_units / (2 * demand_per_day_units)
    return holding_cost_per_unit_day * added_units * days


def cheapest_fill(
    missing_value: float,
    *,
    unit_cost: Floats,
    pack_size_units: Floats,
    first_step_units: Floats,
    max_added_units: Floats,
    early_days: Floats,
    demand_per_day_units: Floats,
    holding_cost_per_unit_day: Floats,
) -> Floats | None:
    """Units to add of each product so that a value is reached at the least cost.

    Args:
        missing_value: Value that the units must have. Currency, above zero.
        unit_cost: Currency per unit, shape (n,), zero or more.
        pack_size_units: Units per pack, shape (n,), above zero.
        first_step_units: Fewest units that can be added, shape (n,): a pack, or the
            smallest order of what is not ordered yet.
        max_added_units: Most units that can be added, shape (n,).
        early_days: See `extra_holding_cost`, zero or more.
        demand_per_day_units: Units per day, shape (n,), above zero.
        holding_cost_per_unit_day: Currency per unit and day, shape (n,), zero or more.

    Returns:
        Units, shape (n,), in whole packs; None if all together have not the value.

    Raises:
        ValueError: A number is missing or outside its range.

    Examples:
        Of two products that cost the same to hold the faster one takes most of it.

        >>> cheapest_fill(
        ...     60.0,
        ...     unit_cost=np.array([10.0, 10.0]),
        ...     pack_size_units=np.ones(2),
        ...     first_step_units=np.ones(2),
        ...     max_added_units=np.full(2, 99.0),
        ...     early_days=np.zeros(2),
        ...     demand_per_day_units=np.array([2.0, 1.0]),
        ...     holding_cost_per_unit_day=np.full(2, 0.01),
        ... )
        array([4., 2.])
    """
    for name, values, is_bad in (
        ("missing_value", missing_value, missing_value <= 0),
        ("unit_cost", unit_cost, unit_cost < 0),
        ("pack_size_units", pack_size_units, pack_size_units <= 0),
        ("early_days", early_days, early_days < 0),
        ("demand_per_day_units", demand_per_day_units, demand_per_day_units <= 0),
        (
            "holding_cost_per_unit_day",
            holding_cost_per_unit_day,
            holding_cost_per_unit_day < 0,
        ),
    ):
        if np.any(is_bad) or not np.all(np.isfinite(values)):
            raise ValueError(f"{name} is missing or outside its range: {values}")
    most = packs_down(max_added_units, pack_size_units)
    first = np.maximum(packs_up(first_step_units, pack_size_units), 1.0)
    item, ends = [], []
    for index in range(len(unit_cost)):
        pack_value = unit_cost[index] * pack_size_units[index]
        if most[index] < first[index] or pack_value <= 0:
            continue
        # No more packs than would fill the order by themselves.
        enough = float(packs_up(missing_value, pack_value))
        packs = np.arange(first[index], max(min(most[index], enough), first[index]) + 1)
        item.append(np.full(len(packs), index))
        ends.append(packs * pack_size_units[index])
    added = np.zeros(len(unit_cost))
    if not item:
        return None
    items, bought = np.concatenate(item), np.concatenate(ends)
    total = extra_holding_cost(
        bought,
        early_days=early_days[items],
        demand_per_day_units=demand_per_day_units[items],
        holding_cost_per_unit_day=holding_cost_per_unit_day[items],
    )
    is_first = np.diff(items, prepend=-1) != 0
    units = np.where(is_first, bought, bought - np.roll(bought, 1))
    costs = np.where(is_first, total, total - np.roll(total, 1))
    chosen = _cover(costs, units * unit_cost[items], items, is_first, missing_value)
    if chosen is None:
        return None
    np.add.at(added, items[chosen], units[chosen])
    return added


def _cover(
    costs: Floats,
    values: Floats,
    items: npt.NDArray[np.intp],
    is_first: npt.NDArray[np.bool_],
    missing: float,
) -> npt.NDArray[np.bool_] | None:
    """Cheapest steps whose values reach what is missing; rising ratios per item."""
    needed = missing * (1 - VALUE_SLACK)
    ratio = costs / values
    order = np.lexsort((np.arange(len(costs)), ratio))
    reached = np.cumsum(values[order])
    if reached[-1] < needed:
        return None
    last = int(np.searchsorted(reached, needed))
    greedy = np.zeros(len(costs), dtype=bool)
    greedy[order[: last + 1]] = True
    greedy = _pruned(greedy, costs, values, items, needed)
    upper = costs[greedy].sum()

    price = ratio[order[last]]
    before = order[:last]
    lower = costs[before].sum() + price * (needed - values[before].sum())
    gap = (upper - lower) * (1 + 1e-9) + 1e-12
    reduced = costs - price * values
    is_in = reduced < -gap
    is_out = reduced > gap
    # What follows a step that is out is out.
    starts = np.flatnonzero(is_first)
    barred = np.concatenate(
        [np.maximum.accumulate(part) for part in np.split(is_out, starts[1:])]
    )
    core = np.flatnonzero(~is_in & ~barred)
    rest = needed - values[is_in].sum()
    if not len(core) or rest <= 0:
        return greedy
    solved = _solve(core, costs, values, items, rest)
    if solved is None:
        return greedy
    found = is_in.copy()
    found[core[solved]] = True
    return found if costs[found].sum() < upper else greedy


def _pruned(
    chosen: npt.NDArray[np.bool_],
    costs: Floats,
    values: Floats,
    items: npt.NDArray[np.intp],
    needed: float,
) -> npt.NDArray[np.bool_]:
    """Drop last steps of items, dearest first, that the value does not need."""
    chosen = chosen.copy()
    spare = values[chosen].sum() - needed
    last = np.full(items.max() + 1, -1)
    steps = np.flatnonzero(chosen)
    last[items[steps]] = steps
    while True:
        ends = last[last >= 0]
        ends = ends[values[ends] <= spare]
        if not len(ends):
            return chosen
        dropped = ends[np.argmax(costs[ends])]
        chosen[dropped] = False
        spare -= values[dropped]
        item = items[dropped]
        is_left = dropped > 0 and items[dropped - 1] == item
        last[item] = dropped - 1 if is_left else -1


def _solve(
    core: npt.NDArray[np.intp],
    costs: Floats,
    values: Floats,
    items: npt.NDArray[np.intp],
    rest: float,
) -> npt.NDArray[np.bool_] | None:
    """Exact choice among the steps that bounds do not decide."""
    n_steps = len(core)
    follows = np.flatnonzero((np.diff(core) == 1) & (np.diff(items[core]) == 0))
    rows = np.repeat(np.arange(len(follows)), 2)
    columns = np.column_stack([follows, follows + 1]).ravel()
    signs = np.tile([1.0, -1.0], len(follows))
    ordering = coo_array((signs, (rows, columns)), shape=(len(follows), n_steps))
    scale = costs[core].max() or 1.0
    for slack in (0.0, _SOLVER_SLACK):
        constraints = [
            LinearConstraint(values[core][None, :] / rest, 1 + slack, np.inf)
        ]
        if len(follows):
            constraints.append(LinearConstraint(ordering, 0, np.inf))
        result = milp(
            costs[core] / scale,
            constraints=constraints,
            integrality=np.ones(n_steps),
            bounds=Bounds(0, 1),
            options={"mip_rel_gap": 0 if n_steps <= _EXACT_STEPS else _LARGE_GAP},
        )
        if result.x is None:
            return None
        solved = result.x > 0.5
        if values[core][solved].sum() >= rest:
            return solved
    return None
