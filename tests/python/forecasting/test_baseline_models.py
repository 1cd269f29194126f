from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restock.forecasting import baselines

HISTORIES = st.lists(
    st.one_of(st.none(), st.integers(0, 99)), min_size=1, max_size=30
).map(lambda values: np.array([values], dtype=float))


def test_seasonal_naive_by_hand():
    demand = np.array(
        [
            [10.0, 20.0, 30.0, 40.0, 11.0, 21.0, 31.0, 41.0],
            # Started three periods ago: no season yet, so (6 + 7 + 8) / 3 = 7, but
            # the steps that fall on a known period repeat it.
            [np.nan, np.nan, np.nan, np.nan, np.nan, 6.0, 7.0, 8.0],
        ]
    )
    forecast = baselines.seasonal_naive(
        demand, horizon=6, season_length=4, fallback_window=4
    )
    assert forecast.tolist() == [
        [11.0, 21.0, 31.0, 41.0, 11.0, 21.0],
        [7.0, 6.0, 7.0, 8.0, 7.0, 6.0],
    ]


def test_the_fallback_is_the_mean_of_the_last_known_periods():
    # Less than a season: the last four known are 2, 3, 5, 6, mean 4.
    demand = np.array([[1.0, 2.0, 3.0, np.nan, 5.0, 6.0]])
    forecast = baselines.seasonal_naive(
        demand, horizon=2, season_length=52, fallback_window=4
    )
    assert forecast.tolist() == [[4.0, 4.0]]


def test_moving_average_leaves_masked_periods_out():
    # Of the last four periods two are known: (2 + 6) / 2.
    demand = np.array([[100.0, 2.0, np.nan, np.nan, 6.0]])
    assert baselines.moving_average(demand, horizon=3, window=4).tolist() == [[4.0] * 3]


@settings(deadline=None)
@given(HISTORIES, st.integers(1, 9), st.integers(1, 12))
def test_seasonal_naive_agrees_with_a_walk_back(demand, season_length, horizon):
    known = demand[0][np.isfinite(demand[0])]
    expected = []
    for step in range(1, horizon + 1):
        column = demand.shape[1] - 1 + step
        while column >= demand.shape[1] or (
            column >= 0 and np.isnan(demand[0, column])
        ):
            column -= season_length
        fallback = known[-4:].mean() if len(known) else np.nan
        expected.append(demand[0, column] if column >= 0 else fallback)
    forecast = baselines.seasonal_naive(
        demand, horizon=horizon, season_length=season_length, fallback_window=4
    )
    np.testing.assert_allclose(forecast[0], expected)


@settings(deadline=None)
@given(HISTORIES, st.integers(1, 40))
def test_moving_average_agrees_with_a_list(demand, window):
    recent = [x for x in demand[0, -window:] if not np.isnan(x)]
    known = [x for x in demand[0] if not np.isnan(x)]
    values = recent or known[-window:]
    expected = sum(values) / len(values) if values else np.nan
    forecast = baselines.moving_average(demand, horizon=1, window=window)
    np.testing.assert_allclose(forecast, [[expected]])


def test_windows_below_one_are_refused():
    demand = np.ones((1, 3))
    with pytest.raises(ValueError, match="window must be 1 or more, got 0"):
        baselines.moving_average(demand, horizon=1, window=0)
    with pytest.raises(ValueError, match="season_length must be 1 or more, got 0"):
        baselines.seasonal_naive(demand, horizon=1, season_length=0, fallback_window=4)
