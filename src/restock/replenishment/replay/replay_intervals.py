"""How sure a replayed cost is: bootstrap over series."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pyarrow as pa

from restock import frames
from restock.replenishment.demand.error_pools import KEYS
from restock.statistics.bootstrap import MIN_CLUSTERS, interval, sums_drawn_anew

OUTPUT_SCHEMA = pa.schema(
    [
        ("segment", pa.string()),
        ("policy", pa.string()),
        ("model", pa.string()),
        ("total_cost_low", pa.float64()),
        ("total_cost_high", pa.float64()),
        ("cost_gap", pa.float64()),
        ("cost_gap_low", pa.float64()),
        ("cost_gap_high", pa.float64()),
    ]
)

# Segment that holds every series.
ALL = "all"


def intervals(
    replays: pd.DataFrame,
    *,
    reference_policy: str,
    reference_model: str,
    seed: int,
    n_draws: int = 1000,
) -> pd.DataFrame:
    """Interval of the total cost of each policy and model, and of its gap.

    Series are drawn anew with all their periods: what is bought too much today is
    still there tomorrow. Every policy is judged on the same draws, so the gap to
    the reference is far surer than either cost.

    Args:
        replays: Of `policy_replay.replay`: `segment`, `policy`, `model`,
            `location_id`, `product_id`, `holding_cost`, `shortage_cost`,
            `ordering_cost`.
        reference_policy: Policy to compare with.
        reference_model: Its model.
        seed: Seed of the draws.
        n_draws: Draws, one or more.

    Returns:
        Rows of `OUTPUT_SCHEMA`, by segment and over all series. The interval holds
        95 % of the sums over as many series; null with too few. `cost_gap` is the
        cost less that of the reference on the same series: below zero is cheaper.
    """
    if replays.empty:
        return frames.empty(OUTPUT_SCHEMA)
    cost = replays[["holding_cost", "shortage_cost", "ordering_cost"]].sum(axis=1)
    # Costs of a series are added from the least, whatever the order of the rows.
    ascending = replays.assign(total_cost=cost).sort_values("total_cost")
    by_series = ascending.pivot_table(
        index=["segment", *KEYS],
        columns=["policy", "model"],
        values="total_cost",
        aggfunc="sum",
        sort=True,
    )
    names = list(by_series.columns)
    reference = names.index((reference_policy, reference_model))
    segments = by_series.index.get_level_values("segment")
    rows = []
    for number, segment in enumerate([ALL, *sorted(segments.unique())]):
        inside = np.ones(len(segments), bool) if segment == ALL else segments == segment
        costs = by_series.to_numpy()[inside]
        gaps = costs - costs[:, [reference]]
        bounds = np.full((4, len(names)), math.nan)
        has_cost = np.isfinite(costs)
        # What is known of some series only is drawn from these.
        for known in np.unique(has_cost, axis=1).T:
            if known.sum() < MIN_CLUSTERS:
                continue
            alike = np.flatnonzero((has_cost == known[:, None]).all(axis=0))
            drawn = sums_drawn_anew(
                np.hstack([values[np.ix_(known, alike)] for values in (costs, gaps)]),
                generator=np.random.default_rng([seed, number]),
                n_draws=n_draws,
            )
            bounds[:2, alike], bounds[2:, alike] = np.hsplit(interval(drawn), 2)
        for place, (policy, model) in enumerate(names):
            if not has_cost[:, place].any():
                continue
            low, high, gap_low, gap_high = bounds[:, place]
            gap = np.nansum(gaps[:, place])
            rows.append((segment, policy, model, low, high, gap, gap_low, gap_high))
    return pd.DataFrame(rows, columns=OUTPUT_SCHEMA.names)
