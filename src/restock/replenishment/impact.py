"""What an edit of the code or the parameters does to the orders of a day.

Two plans on the same data are compared line by line, and both are judged in the demand
that each of them expects: a plan that only believes itself better says so in one column
and not in the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from restock import frames
from restock.replenishment.demand.error_pools import KEYS, require_columns
from restock.replenishment.orders.expected_outcomes import expected_outcomes

SIDES = ("base", "edit")
ADDEND = "addend_"
ROUNDING_UNITS = 1e-9


@dataclass(frozen=True)
class Plan:
    """Orders of a day, with what they were decided on.

    Attributes:
        orders: One row per location and product: `order_qty_units` (null if unknown),
            `order_value`, and columns that begin with `addend_`.
        forecasts: As for `lead_time_demand.simulate`.
        residuals: As for `lead_time_demand.simulate`.
        requirements: As for `lead_time_demand.simulate`, with `order_cost` (Currency
            per line; null counts as zero).
    """

    orders: pd.DataFrame
    forecasts: pd.DataFrame
    residuals: pd.DataFrame
    requirements: pd.DataFrame


def order_changes(base: pd.DataFrame, edit: pd.DataFrame) -> pd.DataFrame:
    """Lines that two plans order differently.

    Args:
        base: Orders before, see `Plan`.
        edit: Orders after.

    Returns:
        One row per line whose quantity changed, appeared or vanished, or became known
        or unknown, the largest change in money first, then in units: ids, quantity and
        value of both, `change_units`, `change_value` and the change of each addend. An
        unknown quantity counts as zero in the changes and is null in its own column.

    Raises:
        KeyError: A column is missing.

    Examples:
        >>> line = {"location_id": "L", "order_value": 9.0, "addend_demand_units": 3.0}
        >>> base = pd.DataFrame(
        ...     [line | {"product_id": p, "order_qty_units": 3.0} for p in "AB"]
        ... )
        >>> edit = base.assign(order_qty_units=[3.0, 5.0], addend_demand_units=5.0)
        >>> order_changes(base, edit)[["product_id", "change_units"]].to_dict("records")
        [{'product_id': 'B', 'change_units': 2.0}]
    """
    for name, orders in zip(SIDES, (base, edit), strict=True):
        require_columns(name, orders, [*KEYS, "order_qty_units", "order_value"])
    addends = [name for name in edit.columns if name.startswith(ADDEND)]
    addends += [
        name for name in base.columns if name.startswith(ADDEND) and name not in addends
    ]
    numbers = ["order_qty_units", "order_value", *addends]
    sides = {
        side: orders.set_index(KEYS).reindex(columns=numbers).astype(float)
        for side, orders in zip(SIDES, (base, edit), strict=True)
    }
    lines = sides["base"].index.union(sides["edit"].index)
    before, after = (sides[side].reindex(lines) for side in SIDES)
    moved = after.fillna(0.0) - before.fillna(0.0)
    is_known = after["order_qty_units"].notna() == before["order_qty_units"].notna()
    is_changed = (moved["order_qty_units"].abs() > ROUNDING_UNITS) | ~is_known
    table = pd.DataFrame(
        {
            "base_qty_units": before["order_qty_units"],
            "edit_qty_units": after["order_qty_units"],
            "change_units": moved["order_qty_units"],
            "base_value": before["order_value"],
            "edit_value": after["order_value"],
            "change_value": moved["order_value"],
        }
    ).join(moved[addends])[is_changed]
    size = table[["change_value", "change_units"]].abs()
    order = size.sort_values(
        ["change_value", "change_units"], ascending=False, kind="stable"
    ).index
    return table.loc[order].reset_index()


def plan_totals(plans: dict[str, Plan], *, n_paths: int, seed: int) -> pd.DataFrame:
    """Totals of both plans, and what each of them expects of both.

    Args:
        plans: The plans called base and edit.
        n_paths: Simulated paths per series.
        seed: Seed of the run, zero or more.

    Returns:
        One row per measure, `measure`, `base`, `edit`: lines planned and ordered,
        units, spend; expected fill rate and cost of the protection interval, as the
        base sees demand and as the edit sees it. The cost is holding of what is left
        until the next review, shortage, and the order cost of what is used, of the
        lines whose unit costs are known to the one who sees.
    """
    rows: list[tuple[str, float, float]] = []
    orders = [plans[side].orders for side in SIDES]
    quantities = [frames.floats(own, "order_qty_units") for own in orders]
    rows.append(("lines planned", *(np.isfinite(own).sum() for own in quantities)))
    rows.append(("lines ordered", *((own > 0).sum() for own in quantities)))
    rows.append(("units ordered", *(np.nansum(own) for own in quantities)))
    rows.append(
        ("spend", *(np.nansum(frames.floats(own, "order_value")) for own in orders))
    )
    asked = pd.concat(
        [
            plans[side].orders[[*KEYS, "order_qty_units"]].assign(scenario=side)
            for side in SIDES
        ],
        ignore_index=True,
    )
    for seer in SIDES:
        expected = _expected(plans[seer], asked, n_paths=n_paths, seed=seed)
        for measure in ("fill rate", "cost"):
            rows.append(
                (
                    f"expected {measure}, as the {seer} sees demand",
                    *(expected[side][measure] for side in SIDES),
                )
            )
    return pd.DataFrame(rows, columns=["measure", *SIDES]).astype(
        {side: float for side in SIDES}
    )


def _expected(
    plan: Plan, asked: pd.DataFrame, *, n_paths: int, seed: int
) -> dict[str, dict[str, float]]:
    """Fill rate and cost of the orders of both sides in the demand of one plan."""
    outcomes = expected_outcomes(
        plan.forecasts,
        plan.residuals,
        plan.requirements,
        asked,
        n_paths=n_paths,
        seed=seed,
    )
    # The same lines for both, or the totals would be of different things.
    on_both = outcomes.groupby(KEYS)["scenario"].transform("nunique") == len(SIDES)
    table = (
        outcomes[on_both]
        .merge(plan.requirements, on=KEYS)
        .merge(asked, on=["scenario", *KEYS])
    )
    used_share = np.divide(
        table["expected_used_units"],
        table["order_qty_units"],
        out=np.zeros(len(table)),
        where=table["order_qty_units"].to_numpy() > 0,
    )
    table["cost"] = (
        table["expected_left_units"]
        * table["holding_cost_per_unit_period"]
        * table["review_periods"]
        + table["expected_short_units"] * table["shortage_cost_per_unit"]
        + used_share * table["order_cost"].fillna(0.0)
    )
    found = {}
    for side in SIDES:
        own = table[table["scenario"] == side]
        demand = own["expected_demand_units"].sum()
        short = own["expected_short_units"].sum()
        found[side] = {
            "fill rate": 1 - short / demand if demand > 0 else np.nan,
            "cost": own["cost"].sum(),
        }
    return found


def report(changes: pd.DataFrame, totals: pd.DataFrame, *, largest: int = 20) -> str:
    """Both tables in the markdown of a pull request.

    Args:
        changes: See `order_changes`.
        totals: See `plan_totals`.
        largest: Changes that are listed. Count.

    Returns:
        Markdown, ending with a line break.
    """
    summary = totals_in_words(changes, totals)
    parts = [
        "### What this does to today's orders",
        "",
        _markdown(summary),
        "",
        f"Lines whose order changes: {len(changes)}.",
    ]
    if len(changes):
        listed = changes_in_words(changes, largest=largest)
        parts += [
            "",
            f"The {len(listed)} largest changes, with the changes of their addends:",
            "",
            _markdown(listed),
        ]
    return "\n".join(parts) + "\n"


def totals_in_words(changes: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Totals and their change as a table of text.

    Args:
        changes: See `order_changes`.
        totals: See `plan_totals`.

    Returns:
        Columns measure, base, edit, change; the first row counts the changed lines.
    """
    rows = [["lines changed", "", "", str(len(changes))]]
    for measure, base, edit in totals.itertuples(index=False):
        words = _share if "rate" in measure else _number
        rows.append([measure, words(base), words(edit), words(edit - base, sign="+")])
    return pd.DataFrame(rows, columns=["measure", "base", "edit", "change"])


def changes_in_words(changes: pd.DataFrame, *, largest: int = 20) -> pd.DataFrame:
    """Largest changes as a table of text; addends that never move are left out.

    Args:
        changes: See `order_changes`.
        largest: Changes that are listed. Count.

    Returns:
        One row per change; units and currency.
    """
    listed = changes.head(largest)
    words = pd.DataFrame(
        {
            "location": listed["location_id"],
            "product": listed["product_id"],
            "base": [_number(units) for units in listed["base_qty_units"]],
            "edit": [_number(units) for units in listed["edit_qty_units"]],
            "value": [_number(value, sign="+") for value in listed["change_value"]],
        }
    )
    for name in changes.filter(like=ADDEND).columns:
        if (listed[name].abs() > ROUNDING_UNITS).any():
            title = name.removeprefix(ADDEND).removesuffix("_units").replace("_", " ")
            words[title] = [
                _number(units, sign="+") if abs(units) > ROUNDING_UNITS else "0"
                for units in listed[name]
            ]
    return words


def _number(value: float, sign: str = "") -> str:
    if np.isnan(value):
        return "unknown"
    digits = 0 if abs(value - round(value)) < 0.005 else 2
    return f"{value:{sign},.{digits}f}"


def _share(value: float, sign: str = "") -> str:
    return "unknown" if np.isnan(value) else f"{100 * value:{sign}.2f} %"


def _markdown(table: pd.DataFrame) -> str:
    lines = [list(table.columns), ["---"] * len(table.columns), *table.to_numpy()]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |"
        for line in lines
    )
