"""The first decision of a replay that starts in today's state.

What ties the money of a replay to the orders that ship: the simulator asks the same
policy, on today's shelf and open orders, and the quantity must be today's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from restock import frames, parallel
from restock.replenishment.demand.demand_windows import Windows, windows_of
from restock.replenishment.demand.error_pools import KEYS, ErrorLibrary, Settings
from restock.replenishment.demand.requirements import Plan, plan_simulation
from restock.replenishment.levels.lost_before_arrival import Receipts, receipts_of
from restock.replenishment.levels.order_levels import order_levels
from restock.replenishment.levels.order_rule import OrderRule
from restock.replenishment.replay.rule_policy import OF_NEEDS, rule_policy
from restock.replenishment.replay.simulator import OpenOrders, Setting, simulate

OUTPUT_SCHEMA = pa.schema(
    [
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("order_qty_units", pa.float64()),
    ]
)


def first_decisions(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    open_lines: pd.DataFrame,
    rule_texts: pd.DataFrame,
    *,
    n_paths: int,
    seed: int,
    excess_holding_periods: float,
) -> pd.DataFrame:
    """Replay one period from today's state.

    Args:
        forecasts: As for `lead_time_demand.simulate`.
        residuals: As for `lead_time_demand.simulate`.
        requirements: Those of the plan, with what the order rule reads.
        open_lines: As for `lead_time_demand.simulate`.
        rule_texts: See `order_rule.OrderRule`.
        n_paths: As for `lead_time_demand.simulate`.
        seed: As for `lead_time_demand.simulate`.
        excess_holding_periods: As for `lead_time_demand.simulate`.

    Returns:
        One row per series whose stock and level are known, with the columns of
        `OUTPUT_SCHEMA`.

    Raises:
        KeyError: A column is missing.
        ValueError: See `lead_time_demand.simulate`.
    """
    settings = Settings(n_paths=n_paths)
    known = requirements[requirements["inventory_position_units"].notna()]
    plan = plan_simulation(forecasts, known, settings)
    terms = known.set_index(KEYS).loc[pd.MultiIndex.from_frame(plan.needs[KEYS])]
    for name in OF_NEEDS:
        if name not in plan.needs.columns:
            plan.needs[name] = frames.floats(terms, name)
    receipts = receipts_of(open_lines, plan.needs)
    library = ErrorLibrary(residuals, settings)
    parts = parallel.in_order(
        _first_decisions,
        [
            (
                *(plan.part(at), terms.iloc[at], receipts.part(at), rule_texts),
                *(library, seed, excess_holding_periods),
            )
            for at in plan.blocks()
        ],
    )
    found = [frames.empty(OUTPUT_SCHEMA), *parts]
    return pd.concat(found, ignore_index=True)[OUTPUT_SCHEMA.names]


def _first_decisions(
    plan: Plan,
    terms: pd.DataFrame,
    receipts: Receipts,
    rule_texts: pd.DataFrame,
    library: ErrorLibrary,
    seed: int,
    excess_holding_periods: float,
) -> pd.DataFrame:
    """Decisions of a block of series that can be simulated, in order."""
    rule = OrderRule(rule_texts)
    return pd.concat(
        _first_decision(windows, terms, receipts, rule, excess_holding_periods)
        for windows in windows_of(plan, library, seed, only_needed=True)
    )


def _first_decision(
    windows: Windows,
    terms: pd.DataFrame,
    receipts: Receipts,
    rule: OrderRule,
    excess_holding_periods: float,
) -> pd.DataFrame:
    """Put some series into a world of one period and let them decide."""
    levels = order_levels(windows, excess_holding_periods=excess_holding_periods)
    levels = levels.part(np.flatnonzero(~np.isnan(levels.reorder_point_units)))
    windows = levels.windows
    places = windows.needs.index.to_numpy()
    own = terms.iloc[places]
    coming = receipts.part(places)
    zero = np.zeros(coming.units.shape, dtype=np.int64)
    setting = Setting(
        demand_units=np.zeros((len(places), 1)),
        lead_time_periods=np.zeros((len(places), 1)),
        on_hand_units=windows.column("inventory_position_units")
        - coming.units.sum(axis=1),
        review_periods=np.ones(len(places), dtype=np.int64),
        open_orders=OpenOrders(coming.units, zero + 1, zero, coming.periods),
    )
    policy = rule_policy(
        lambda decision: (np.arange(len(places)), levels),
        rule,
        own["order_rule"].to_numpy(dtype=object),
        is_planned=own["is_planned"].to_numpy(dtype=bool),
    )
    outcome = simulate(setting, policy)
    return windows.needs[KEYS].assign(order_qty_units=outcome.ordered_units[:, 0])
