from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from restock.forecasting import significance


def gaps_of(mean: float, *, n_series: int = 60, n_folds: int = 6) -> pd.DataFrame:
    generator = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "segment": "A smooth",
            "model": "forest",
            "runner_up_model": "naive",
            "location_id": "L1",
            "product_id": np.repeat([f"P{i}" for i in range(n_series)], n_folds),
            "cutoff_date": np.tile(
                pd.date_range("2024-01-07", periods=n_folds, freq="14D"), n_series
            ),
            "gap_cost": generator.normal(mean, 1, size=n_series * n_folds),
        }
    )


def test_a_gap_is_told_from_noise():
    real = significance.compare(gaps_of(0.5), seed=1).iloc[0]
    assert real["gap_low_cost"] > 0
    assert real["bootstrap_p_value"] < 0.01
    assert real["diebold_mariano_p_value"] < 0.01
    noise = significance.compare(gaps_of(0.0), seed=1).iloc[0]
    assert noise["gap_low_cost"] < 0 < noise["gap_high_cost"]
    assert noise["bootstrap_p_value"] > 0.05


def test_the_statistic_is_a_t_test_of_the_folds():
    folds = np.array([0.3, -0.1, 0.4, 0.2, 0.5])
    expected = stats.ttest_1samp(folds, 0.0)
    statistic, p_value = significance.diebold_mariano(folds)
    assert statistic == pytest.approx(expected.statistic)
    assert p_value == pytest.approx(expected.pvalue)


def test_series_go_together():
    # The same gap in every fold of a series is one observation, not six.
    gaps = gaps_of(0.0)
    gaps["gap_cost"] = gaps.groupby("product_id")["gap_cost"].transform("first")
    clustered = significance.compare(gaps, seed=1).iloc[0]
    loose = significance.compare(gaps_of(0.0), seed=1).iloc[0]
    width = clustered["gap_high_cost"] - clustered["gap_low_cost"]
    assert width > 1.8 * (loose["gap_high_cost"] - loose["gap_low_cost"])


def test_too_little_says_nothing():
    few = significance.compare(gaps_of(1.0, n_series=3, n_folds=2), seed=1).iloc[0]
    assert np.isnan(few["bootstrap_p_value"])
    assert np.isnan(few["diebold_mariano"])
    assert significance.compare(gaps_of(1.0).head(0), seed=1).empty
