"""The order rule as a policy: what the plan does, at every decision of a replay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from restock.replenishment.levels.lost_before_arrival import SLACK, Receipts
from restock.replenishment.levels.order_levels import OrderLevels
from restock.replenishment.levels.order_rule import OrderRule
from restock.replenishment.replay.simulator import Policy, VisibleState
from restock.statistics.arrays import Booleans, Floats, Indices

# Rules that a replay can put in force; see the macro order_rule.
FORECAST, FORECAST_LOTS, TEXTBOOK = "forecast", "forecast_lots", "textbook"
RULES = (TEXTBOOK, FORECAST, FORECAST_LOTS)

# What the order rule reads of a series.
OF_NEEDS = [
    "target",
    "service_level",
    "lead_time_mean_periods",
    "lead_time_sd_periods",
    "review_periods",
    "period_days",
    "holding_cost_per_unit_period",
    "shortage_cost_per_unit",
    "pack_size_units",
    "min_order_units",
    "shelf_life_days",
    "unit_cost",
    "unit_price",
    "order_cost",
    "demand_dispersion",
    "economic_lot_units",
]


class Deciding(Protocol):
    """Levels of the series that decide at a decision."""

    def __call__(self, decision: int) -> tuple[Indices, OrderLevels]:
        """Places of these series and their levels."""


def rule_policy(
    deciding: Deciding,
    rule: OrderRule,
    order_rules: Sequence[str] | npt.NDArray[np.object_],
    *,
    is_planned: Booleans | None = None,
    raised_z: float = 0.0,
) -> Policy:
    """The rule that ships, on what a decision sees.

    Args:
        deciding: Levels at each decision.
        rule: The order rule.
        order_rules: Rule of each series, one of `RULES`, shape (series,).
        is_planned: Whether a series is planned at all, shape (series,); None is all.
        raised_z: What is added to the textbook's safety factor.

    Returns:
        The policy; NaN where a level is unknown.
    """
    kind = RuleKind(np.asarray(order_rules, dtype=object), raised_z)
    return rule_policies(deciding, rule, [kind], is_planned=is_planned)


class RuleKind(NamedTuple):
    """One of several rules that are replayed side by side.

    Attributes:
        order_rules: Rule of each series, one of `RULES`, shape (series,).
        raised_z: What is added to the textbook's safety factor.
    """

    order_rules: npt.NDArray[np.object_]
    raised_z: float = 0.0


def rule_policies(
    deciding: Deciding,
    rule: OrderRule,
    kinds: Sequence[RuleKind],
    *,
    is_planned: Booleans | None = None,
) -> Policy:
    """Several rules on copies of the same series, asked together.

    Args:
        deciding: Levels of the series at each decision.
        rule: The order rule.
        kinds: The rules; the state that is seen holds a copy of the series for each,
            one copy after the other.
        is_planned: Whether a series is planned at all, shape (series,); None is all.

    Returns:
        The policy of all copies.
    """

    def policy(state: VisibleState) -> Floats:
        rows, levels = deciding(state.decision)
        ask_textbook(rule, [levels])
        n_series = len(kinds[0].order_rules)
        decisions, places = [], []
        for number, kind in enumerate(kinds):
            own = number * n_series + rows
            receipts, in_time = expected_receipts(state, own, levels)
            position = state.on_hand_units[own] + in_time
            chosen = kind.order_rules[rows]
            decisions.append(
                levels.kept[TEXTBOOK].assign(
                    order_rule=chosen,
                    is_planned=True if is_planned is None else is_planned[rows],
                    inventory_position_units=position,
                    simulated_reorder_point_units=levels.reorder_point_units,
                    simulated_lost_units=(
                        levels.lost_units(position, receipts)
                        if (chosen != TEXTBOOK).any()
                        else 0.0
                    ),
                    raised_z=kind.raised_z,
                )
            )
            places.append(own)
        result = np.zeros(len(state.on_hand_units))
        result[np.concatenate(places)] = rule.orders(
            pd.concat(decisions, ignore_index=True)
        )
        return result

    return policy


def ask_textbook(rule: OrderRule, levels: Iterable[OrderLevels]) -> None:
    """Let the levels of several decisions keep what the textbook says of each.

    It sees no stock, so all decisions of a replay can be asked at once: the text takes
    longer to be planned than to be run for some thousand rows.

    Args:
        rule: The order rule.
        levels: Levels of each decision; those that know it are not asked again.
    """
    unknown = [found for found in levels if TEXTBOOK not in found.kept]
    if not unknown:
        return
    asked = [
        found.windows.needs[OF_NEEDS].assign(lead_time_demand_units=found.mean)
        for found in unknown
    ]
    said = rule.textbook(pd.concat(asked, ignore_index=True))
    ends = np.cumsum([len(part) for part in asked])
    for found, part, end in zip(unknown, asked, ends, strict=True):
        rows = said.iloc[end - len(part) : end]
        found.kept[TEXTBOOK] = rows.set_index(part.index)


def expected_receipts(
    state: VisibleState, rows: Indices, levels: OrderLevels
) -> tuple[Receipts, Floats]:
    """When open orders are expected, as `int_open_purchase_lines` expects them.

    At the promised time, else after the mean lead time; a late one after what lead
    times longer than its age still take in the mean. What comes when the next order
    can come is in no position.

    Args:
        state: What a decision sees.
        rows: Series that decide.
        levels: Their levels.

    Returns:
        Receipts in time, soonest first, and their sum in units, shape (rows,).
    """
    needs = levels.windows.needs
    units = state.outstanding_units[rows]
    due = state.outstanding_due_periods[rows]
    age = state.outstanding_age_periods[rows].astype(float)
    mean = needs["lead_time_mean_periods"].to_numpy(dtype=float)[:, None]
    review = needs["review_periods"].to_numpy(dtype=float)[:, None]
    remaining = np.where(np.isnan(due), mean - age, due)
    is_late = (remaining < -SLACK) & (units > 0)
    if is_late.any():
        late = _late_remaining(levels.windows.lead_times, age)
        remaining = np.where(is_late, np.where(np.isnan(late), mean, late), remaining)
    is_in_time = (units > 0) & (remaining < mean + review - SLACK)
    counted = np.where(is_in_time, units, 0.0)
    periods = np.where(is_in_time, remaining, 0.0)
    order = np.argsort(periods, axis=1, kind="stable")
    receipts = Receipts(
        np.take_along_axis(counted, order, axis=1),
        np.take_along_axis(periods, order, axis=1),
    )
    return receipts, counted.sum(axis=1)


def _late_remaining(lead_times: Floats, age: Floats) -> Floats:
    """Mean of the lead times beyond an age, less the age; NaN where there is none."""
    result = np.full(age.shape, np.nan)
    for slot in range(age.shape[1]):
        is_longer = lead_times > age[:, [slot]]
        count = is_longer.sum(axis=1)
        total = np.where(is_longer, lead_times, 0.0).sum(axis=1)
        has_any = count > 0
        result[has_any, slot] = total[has_any] / count[has_any] - age[has_any, slot]
    return result
