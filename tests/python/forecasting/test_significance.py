from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from restock.forecasting import significance


def gaps_of(mean: float, *, n_series: int = 60, n_folds: int = 6) -> pd.DataFrame:
    generator = np.random.default_rng(3)
    gaps = generator.normal(mean, 1, size=n_series * n_folds)
    return pd.DataFrame(
        {
            "segment": "A smooth",
            "comparison": "runner_up",
            "model": "forest",
            "opponent_model": "naive",
            "location_id": "L1",
            "product_id": np.repeat([f"P{i}" for i in range(n_series)], n_folds),
            "cutoff_date": np.tile(
                pd.date_range("2024-01-07", periods=n_folds, freq="14D"), n_series
            ),
            "fold_role": np.tile(
                ["select"] * (n_folds - 2) + ["test"] * min(n_folds, 2), n_series
            ),
            "overlapping_folds": 1,
            "gap_cost": gaps,
            "gap_squared_scaled_error": -gaps,
            "gap_replayed_cost": np.nan,
        }
    )


def by_cost(gaps: pd.DataFrame) -> pd.Series:
    compared = significance.compare(gaps, seed=1)
    return compared[compared["loss"] == "cycle_cost"].iloc[0]


def test_a_gap_is_told_from_noise():
    real = by_cost(gaps_of(0.5))
    assert real["gap_low"] > 0
    assert real["bootstrap_p_value"] < 0.01
    assert real["diebold_mariano_p_value"] < 0.01
    noise = by_cost(gaps_of(0.0))
    assert noise["gap_low"] < 0 < noise["gap_high"]
    assert noise["bootstrap_p_value"] > 0.05


def test_losses_are_judged_apart():
    compared = significance.compare(gaps_of(0.5), seed=1).set_index("loss")
    assert compared.loc["cycle_cost", "gap_low"] > 0
    assert compared.loc["squared_scaled_error", "gap_high"] < 0


def test_an_unknown_loss_is_left_out():
    gaps = gaps_of(0.5)
    gaps["gap_squared_scaled_error"] = np.nan
    assert significance.compare(gaps, seed=1)["loss"].tolist() == ["cycle_cost"]


def test_the_gap_of_test_folds_stands_apart():
    gaps = gaps_of(0.0)
    gaps["gap_cost"] = np.where(gaps["fold_role"] == "test", -1.0, 2.0)
    assert by_cost(gaps)["mean_gap_test"] == -1
    assert by_cost(gaps)["mean_gap"] == pytest.approx(1.0)


def test_the_test_folds_have_an_interval_of_their_own():
    """What gains where it was chosen may lose where it was not."""
    gaps = gaps_of(0.0)
    is_test = gaps["fold_role"] == "test"
    gaps["gap_cost"] = gaps["gap_cost"] * 0.01 + np.where(is_test, -1.0, 2.0)
    gaps["gap_replayed_cost"] = gaps["gap_cost"].where(is_test)
    compared = significance.compare(gaps, seed=1).set_index("loss")
    cost = compared.loc["cycle_cost"]
    assert cost["gap_low"] > 0
    assert -1.1 < cost["gap_low_test"] < cost["gap_high_test"] < -0.9
    # Replayed costs are known on test folds alone: one and the same mean.
    replayed = compared.loc["replayed_cost"]
    assert replayed["n_folds"] == 2
    assert replayed["mean_gap"] == replayed["mean_gap_test"]
    assert replayed["gap_high_test"] < 0


def test_without_a_test_fold_nothing_is_said_of_one():
    gaps = gaps_of(0.5).assign(fold_role="select")
    assert np.isnan(
        by_cost(gaps)[["gap_low_test", "gap_high_test"]].astype(float)
    ).all()


def test_the_statistic_is_a_t_test_of_the_folds():
    folds = np.array([0.3, -0.1, 0.4, 0.2, 0.5])
    expected = stats.ttest_1samp(folds, 0.0)
    statistic, p_value = significance.diebold_mariano(folds)
    assert statistic == pytest.approx(expected.statistic)
    assert p_value == pytest.approx(expected.pvalue)


def test_overlapping_folds_count_for_less():
    # By hand: deviations -1, -1, 0, 1, 1 from 2; variance 4/5, lag one 2/5 (of the
    # products 1, 0, 0, 1), so 4/5 + 2 x 2/5 = 8/5; correction sqrt(2.4 / 5).
    folds = np.array([1.0, 1.0, 2.0, 3.0, 3.0])
    statistic, p_value = significance.diebold_mariano(folds, 2)
    assert statistic == pytest.approx(np.sqrt(2.4 / 5) * 2 / np.sqrt(1.6 / 5))
    assert p_value == pytest.approx(2 * stats.t.sf(statistic, df=4))
    assert statistic < significance.diebold_mariano(folds)[0]


def test_a_variance_below_zero_takes_no_overlap():
    folds = np.array([1.0, -1.0, 1.5, -1.0, 1.0, -1.2])
    expected = significance.diebold_mariano(folds)
    assert significance.diebold_mariano(folds, 2) == pytest.approx(expected)


def test_overlap_below_one_is_refused():
    with pytest.raises(ValueError, match="overlapping"):
        significance.diebold_mariano(np.arange(5.0), 0)


def test_series_go_together():
    # The same gap in every fold of a series is one observation, not six.
    gaps = gaps_of(0.0)
    gaps["gap_cost"] = gaps.groupby("product_id")["gap_cost"].transform("first")
    clustered = by_cost(gaps)
    loose = by_cost(gaps_of(0.0))
    width = clustered["gap_high"] - clustered["gap_low"]
    assert width > 1.8 * (loose["gap_high"] - loose["gap_low"])


def test_two_runs_agree():
    pd.testing.assert_frame_equal(
        significance.compare(gaps_of(0.1), seed=1),
        significance.compare(gaps_of(0.1), seed=1),
    )


def test_too_little_says_nothing():
    few = by_cost(gaps_of(1.0, n_series=3, n_folds=2))
    assert np.isnan(few["bootstrap_p_value"])
    assert np.isnan(few["diebold_mariano"])
    assert significance.compare(gaps_of(1.0).head(0), seed=1).empty
