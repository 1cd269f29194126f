from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from simulated_series import (
    certain,
    forecasts_of,
    one,
    requirement,
    residuals_of,
    simulate,
    steady,
)

# --- rungs ------------------------------------------------------------------------


def test_nearest_levels_keep_slow_and_fast_sellers_apart():
    # Slow paths hit their forecast, fast ones miss it by 30 either way.
    slow = residuals_of(np.array(2.0), np.full((300, 3), 2.0), prefix="S")
    sign = np.tile([[1.0], [-1.0]], (150, 3))
    fast = residuals_of(np.array(100.0), 100 + 30 * sign, prefix="F")
    rows = simulate(
        forecasts_of({"P": [2.0] * 3, "Q": [100.0] * 3}),
        pd.concat([slow, fast]),
        requirement("P"),
        requirement("Q"),
    )
    assert rows["method"].unique().tolist() == ["errors of the segment and level"]
    assert rows["n_errors"].tolist() == [300, 300]
    # A quarter of the paths, 100 of 400, are counts: they spread a little too.
    slow_sd, fast_sd = rows["lead_time_demand_sd_units"]
    assert slow_sd < 3
    assert fast_sd == pytest.approx(90, rel=0.15)


def test_errors_of_fast_sellers_do_not_lift_the_mean_of_slow_ones():
    # Fast sellers miss by half their level either way: at a level of 1 the same
    # scaled error is 40 / 2.2, eighteen times the demand, and half is cut at zero.
    sign = np.tile([[1.0], [-1.0]], (30, 3))
    fast = residuals_of(np.array(80.0), 80 + 40 * sign)
    row = one(forecasts_of({"P": [1.0] * 3}), fast, requirement())
    assert row["lead_time_demand_units"] == pytest.approx(3.0, rel=0.15)


def test_a_step_forecast_as_zero_does_not_make_a_giant_of_its_error():
    # One path in forty sold 8 where its model said 0, of 8 on average: the sum was
    # right but for a third.
    forecast = np.full((40, 3), 8.0)
    actual = forecast.copy()
    forecast[0] = [0.0, 12.0, 12.0]
    actual[0] = [8.0, 12.0, 12.0]
    row = one(
        forecasts_of({"P": [8.0] * 3}),
        residuals_of(forecast, actual),
        requirement(service_level=0.99),
    )
    assert row["q99_units"] <= 24 * 1.6


def test_the_width_is_the_items_own():
    # Pooled errors of a steady and of a lumpy item, each ten times its own deviation
    # of 10 and 40 or nothing: z = +-1. The live items differ in the same way.
    sign = np.tile([[1.0], [-1.0]], (100, 1))
    steady = residuals_of(np.array(100.0), 100 + 10 * sign, prefix="S")
    lumpy = residuals_of(np.array(100.0), 100 + 40 * sign, prefix="L")
    rows = simulate(
        forecasts_of({"P": [100.0], "Q": [100.0]}).assign(
            demand_dispersion=[1.0, 16.0]
        ),
        pd.concat(
            [steady.assign(demand_dispersion=1.0), lumpy.assign(demand_dispersion=16.0)]
        ),
        requirement("P", lead_time_mean_periods=0.0),
        requirement("Q", lead_time_mean_periods=0.0),
    )
    ratio = rows["lead_time_demand_sd_units"][1] / rows["lead_time_demand_sd_units"][0]
    assert ratio == pytest.approx(4, rel=0.2)


def test_a_small_segment_uses_all_segments():
    small = residuals_of(np.array(8.0), np.full((5, 3), 8.0), segment="B", prefix="S")
    row = one(
        steady({"P": [8.0] * 3}),
        pd.concat([small, certain(3)]),
        requirement(segment="B"),
    )
    assert row["method"] == "errors of all segments"
    assert row["n_errors"] == 44


def test_without_errors_demand_is_negative_binomial():
    # Noise of the item, three times Poisson, and a level that may be off by a quarter:
    # mean 12, variance 3 x 12 + 144 x 0.06.
    forecasts = forecasts_of({"P": [4.0] * 3}).assign(demand_dispersion=3.0)
    row = one(forecasts, certain().head(0), requirement(), n_paths=20_000)
    assert row["method"] == "counts"
    assert row["n_errors"] == 0
    assert row["max_service_supported"] == 0
    assert row["lead_time_demand_units"] == pytest.approx(12, rel=0.02)
    variance = 3 * 12 + 144 * 0.06
    total = stats.nbinom(144 / (variance - 12), 12 / variance)
    assert row["lead_time_demand_sd_units"] == pytest.approx(total.std(), rel=0.03)
    assert row["q95_units"] == pytest.approx(total.ppf(0.95), abs=1)


def test_incomplete_vectors_are_no_paths():
    actual = np.full((45, 3), 8.0)
    actual[:5, 1] = np.nan
    row = one(
        forecasts_of({"P": [8.0] * 3}),
        residuals_of(np.array(8.0), actual),
        requirement(),
    )
    assert row["n_errors"] == 40


def test_a_shorter_backtest_is_chained():
    # Blocks of two periods that miss by +-10 together; five periods needed.
    sign = np.tile([[1.0], [-1.0]], (50, 2))
    residuals = residuals_of(np.array(100.0), 100 + 10 * sign)
    row = one(
        forecasts_of({"P": [100.0] * 5}),
        residuals,
        requirement(lead_time_mean_periods=4.0),
        n_paths=10_000,
    )
    assert row["method"] == "errors of the segment, chained"
    # Blocks 20, 20 and 10, independent of each other: variance 400 + 400 + 100.
    assert row["lead_time_demand_sd_units"] == pytest.approx(30, rel=0.25)


def test_gaps_in_long_vectors_do_not_cost_the_short_ones():
    # Every fourth step is unknown: complete over three steps only.
    actual = np.full((45, 6), 8.0)
    actual[:, 3] = np.nan
    row = one(
        steady({"P": [8.0] * 6}),
        residuals_of(np.array(8.0), actual).assign(demand_dispersion=0.0),
        requirement(),
    )
    assert row["method"] == "errors of the segment"
    assert row["lead_time_demand_units"] == pytest.approx(24, rel=0.01)


# --- products without a history ---------------------------------------------------


def test_a_new_product_is_negative_binomial_around_its_level():
    # Poisson around a gamma level: variance = m + (cv m)^2 with m = 3 x 20.
    forecasts = forecasts_of({"P": [20.0] * 4}).assign(level_variation=0.8)
    row = one(forecasts, certain(), requirement(), n_paths=40_000)
    expected = np.sqrt(60 + (0.8 * 60) ** 2)
    assert row["method"] == "new product"
    assert row["lead_time_demand_units"] == pytest.approx(60, rel=0.02)
    assert row["lead_time_demand_sd_units"] == pytest.approx(expected, rel=0.02)


def test_an_unknown_variation_leaves_a_series_to_its_errors():
    forecasts = forecasts_of({"P": [8.0] * 4})
    plain = one(forecasts, certain(), requirement())
    with_null = one(forecasts.assign(level_variation=np.nan), certain(), requirement())
    pd.testing.assert_series_equal(plain, with_null)


def test_a_variation_of_zero_is_refused():
    forecasts = forecasts_of({"P": [8.0] * 4}).assign(level_variation=0.0)
    with pytest.raises(ValueError, match="above zero"):
        one(forecasts, certain(), requirement())
