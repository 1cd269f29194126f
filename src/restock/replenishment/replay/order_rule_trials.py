"""Which order rule, and for how long a unit too many is held: found by replay.

The critical ratio charges a unit that is not sold before the next order for one period
of holding, as if the next decision could undo the excess. It cannot where the forecast
has come down since, or nothing more sells: the unit stays. So the holding cost in the
ratio is multiplied by a number of periods. That number, and the rule in force, are
those that would have cost least on the demand that came, before the first test cutoff.

References:
    Petropoulos, Wang and Disney, The inventory performance of forecasting methods,
    International Journal of Forecasting 35, 2019 (judged in a replay). Szablowski,
    arXiv 2601.18919, 2026 (one factor of the buffer, tuned by cost).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from restock import frames
from restock.replenishment.demand.error_pools import KEYS
from restock.replenishment.levels.order_rule import OrderRule
from restock.replenishment.replay.policy_replay import ReplaySettings, scenes
from restock.replenishment.replay.replay_tables import read
from restock.replenishment.replay.rule_policy import RULES, TEXTBOOK

_SUMS = [
    "cycle_count",
    "short_cycle_count",
    "demand_units",
    "sold_units",
    "holding_cost",
    "shortage_cost",
    "ordering_cost",
]

OUTPUT_SCHEMA = pa.schema(
    [
        ("order_rule", pa.string()),
        ("excess_holding_periods", pa.float64()),
        ("segment", pa.string()),
        ("target", pa.string()),
        ("series_count", pa.int32()),
        ("asked_service_level", pa.float64()),
        *((name, pa.float64()) for name in _SUMS),
    ]
)

_GROUP = ["order_rule", "excess_holding_periods", "segment", "target"]


def compare(
    forecasts: pd.DataFrame,
    demand: pd.DataFrame,
    states: pd.DataFrame,
    open_orders: pd.DataFrame,
    lead_times: pd.DataFrame,
    rule_texts: pd.DataFrame,
    *,
    candidates: Sequence[float],
    n_paths: int,
    period_days: int,
    seed: int,
) -> pd.DataFrame:
    """Replay every order rule, those of least cost with each number of periods.

    Args:
        forecasts: Backtest of one model; see `policy_replay.replay`. What is given is
            what may have a say.
        demand: See there.
        states: See there.
        open_orders: See there.
        lead_times: See there.
        rule_texts: See there.
        candidates: Numbers of periods, each one or more.
        n_paths: Paths behind each forecast distribution.
        period_days: Days in a period.
        seed: Seed of the run, zero or more.

    Returns:
        One row per rule, number of periods (one where a service is promised, and for
        the textbook, which does not know it), segment and target, with the columns of
        `OUTPUT_SCHEMA`: costs in currency over the same series and periods; none where
        nothing can be replayed.

    Raises:
        KeyError: A column is missing.
        ValueError: See `policy_replay.replay`, or a candidate is below one.
    """
    if any(candidate < 1 for candidate in candidates):
        raise ValueError(f"candidates must be 1 or more, got {list(candidates)}")
    tables = read(forecasts, demand, states, open_orders, lead_times)
    settings = ReplaySettings(n_paths, period_days, seed)
    parts = []
    for scene in scenes(tables, OrderRule(rule_texts), settings):
        terms = scene.series.terms[[*KEYS, "target", "service_level"]]
        is_cost = (terms["target"] == "cost").any()
        for periods in sorted({1.0} | set(map(float, candidates) if is_cost else [])):
            # More periods change nothing for the textbook and a promised service.
            tried = [rule for rule in RULES if rule != TEXTBOOK or periods == 1]
            kinds = {rule: scene.all_on(rule) for rule in tried}
            rows = pd.concat(scene.charged_rules(kinds, periods)).merge(terms, on=KEYS)
            rows = rows[(rows["target"] == "cost") | (periods == 1)]
            parts.append(
                rows.rename(columns={"policy": "order_rule"}).assign(
                    excess_holding_periods=periods
                )
            )
    if not parts:
        return frames.empty(OUTPUT_SCHEMA)
    rows = pd.concat(parts, ignore_index=True)
    # What was asked, by the cycles that show what was delivered.
    rows["asked"] = rows["service_level"] * rows["cycle_count"]
    rows["pair"] = rows["location_id"].str.cat(rows["product_id"], sep="|")
    grouped = rows.groupby(_GROUP, sort=True)
    result = grouped[[*_SUMS, "asked"]].sum()
    result["series_count"] = grouped["pair"].nunique()
    cycles = result["cycle_count"].where(result["cycle_count"] > 0, np.nan)
    result["asked_service_level"] = result["asked"] / cycles
    is_cost = result.index.get_level_values("target") == "cost"
    result.loc[is_cost, "asked_service_level"] = np.nan
    return result.reset_index()[OUTPUT_SCHEMA.names].astype({"series_count": "int32"})
