from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from restock import frames
from restock.replenishment.demand import lead_time_backtests

CUTOFFS = [10, 13, 16, 19, 22]


def backtest_rows(n_series: int = 120, *, seed: int = 0) -> pd.DataFrame:
    """Poisson demand of 4 a week, known mean, two weeks of lead time and review."""
    units = np.random.default_rng(seed).poisson(4.0, (n_series, 30)).astype(float)
    rows = [
        {
            "location_id": "L1",
            "product_id": f"P{series:03d}",
            "segment": "A smooth",
            "cutoff_index": cutoff,
            "cutoff_date": pd.Timestamp("2024-01-07") + pd.Timedelta(weeks=cutoff),
            "fold_role": "test" if cutoff == CUTOFFS[-1] else "select",
            "horizon": step,
            "forecast_units": 4.0,
            "actual_units": units[series, cutoff + step],
            "protection_periods": 1.5,
            "demand_dispersion": 1.0,
        }
        for series in range(n_series)
        for cutoff in CUTOFFS
        for step in (1, 2, 3)
    ]
    return pd.DataFrame(rows)


def judged(rows: pd.DataFrame, **changes) -> pd.DataFrame:
    return lead_time_backtests.backtest(
        rows, **{"n_paths": 300, "max_sums": 1000, "seed": 1, **changes}
    )


def test_quantiles_of_a_known_law_hold():
    found = judged(backtest_rows())
    assert len(found) == 120 * 5
    assert (found["window_periods"] == 2).all()
    assert (found["forecast_units"] == 8).all()
    covered = (found["actual_units"] <= found["q90"]).mean()
    assert 0.88 <= covered <= 0.96
    frames.to_table(found, lead_time_backtests.OUTPUT_SCHEMA)


def test_what_came_later_changes_nothing_at_a_cutoff():
    rows = backtest_rows()
    later = rows.copy()
    later.loc[later["cutoff_index"] + later["horizon"] > 16, "actual_units"] *= 9
    before, after = judged(rows), judged(later)
    early = before["cutoff_date"] <= rows["cutoff_date"].unique()[2]
    names = list(lead_time_backtests.QUANTILES)
    pd.testing.assert_frame_equal(before.loc[early, names], after.loc[early, names])
    assert (before.loc[~early, names] != after.loc[~early, names]).any(axis=None)


def test_an_interval_that_is_not_known_is_not_judged():
    rows = backtest_rows(20)
    rows.loc[(rows["cutoff_index"] == 22) & (rows["horizon"] == 2), "actual_units"] = (
        np.nan
    )
    assert set(judged(rows)["fold_role"]) == {"select"}


@pytest.mark.parametrize(("most", "expected"), [(5, 25), (1000, 100)])
def test_so_many_series_of_a_cutoff(most, expected):
    assert len(judged(backtest_rows(20), max_sums=most)) == expected


def test_nothing_gives_a_typed_nothing():
    empty = judged(backtest_rows(1).head(0))
    assert frames.to_table(empty, lead_time_backtests.OUTPUT_SCHEMA).num_rows == 0
