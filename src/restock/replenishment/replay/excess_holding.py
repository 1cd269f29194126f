"""For how long a unit too many is held: found by replay, not by theory.

The critical ratio charges a unit that is not sold before the next order for one period
of holding, as if the next decision could undo the excess. It cannot where the forecast
has come down since, or nothing more sells: the unit stays. So the holding cost in the
ratio is multiplied by a number of periods, and the number is the one that would have
cost least on the demand that came, before the first test cutoff.

References:
    Petropoulos, Wang and Disney, The inventory performance of forecasting methods,
    International Journal of Forecasting 35, 2019 (judged in a replay). Szablowski,
    arXiv 2601.18919, 2026 (one factor of the buffer, tuned by cost).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pyarrow as pa

from restock import frames
from restock.replenishment.replay.policy_replay import (
    ReplaySettings,
    scenes,
    shipped_policy,
)
from restock.replenishment.replay.replay_tables import read

_COSTS = ["holding_cost", "shortage_cost", "ordering_cost"]

OUTPUT_SCHEMA = pa.schema(
    [
        ("excess_holding_periods", pa.float64()),
        ("series_count", pa.int32()),
        *((name, pa.float64()) for name in _COSTS),
    ]
)


def compare(
    forecasts: pd.DataFrame,
    demand: pd.DataFrame,
    states: pd.DataFrame,
    open_orders: pd.DataFrame,
    lead_times: pd.DataFrame,
    *,
    candidates: Sequence[float],
    n_paths: int,
    season_length: int,
    seed: int,
) -> pd.DataFrame:
    """Replay the shipped rule of least cost with each number of periods.

    Args:
        forecasts: Backtest of one model; see `policy_replay.replay`. What is given is
            what may have a say.
        demand: See there.
        states: See there; series with another target than cost are left out.
        open_orders: See there.
        lead_times: See there.
        candidates: Numbers of periods, each one or more.
        n_paths: Paths behind each forecast distribution.
        season_length: Periods of a season.
        seed: Seed of the run, zero or more.

    Returns:
        One row per candidate, rising, with the columns of `OUTPUT_SCHEMA`, costs in
        currency over the same series and periods; none where nothing can be
        replayed.

    Raises:
        KeyError: A column is missing.
        ValueError: See `policy_replay.replay`, or a candidate is below one.
    """
    if any(candidate < 1 for candidate in candidates):
        raise ValueError(f"candidates must be 1 or more, got {list(candidates)}")
    at_cost = states[states["target"] == "cost"]
    tables = read(forecasts, demand, at_cost, open_orders, lead_times)
    settings = ReplaySettings(n_paths, 1, season_length, seed)
    parts = []
    for scene in scenes(tables, settings):
        for candidate in sorted(candidates):
            dearer = replace(settings, excess_holding_periods=candidate)
            rows = scene.charged("shipped", shipped_policy(scene, dearer))
            parts.append(rows.assign(excess_holding_periods=candidate))
    if not parts:
        return frames.empty(OUTPUT_SCHEMA)
    rows = pd.concat(parts, ignore_index=True)
    grouped = rows.groupby("excess_holding_periods", sort=True)
    pairs = rows["location_id"].str.cat(rows["product_id"], sep="|")
    result = grouped[_COSTS].sum()
    result["series_count"] = pairs.groupby(rows["excess_holding_periods"]).nunique()
    return result.reset_index()[OUTPUT_SCHEMA.names].astype({"series_count": "int32"})
