from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from simulated_series import forecasts_of, requirement, residuals_of

from restock import frames
from restock.replenishment import lead_time_demand as ltd
from restock.replenishment import simulated_demand


def certain(n_steps: int = 4, *, segment: str = "A") -> pd.DataFrame:
    """Thirty-nine paths without any error."""
    actual = np.full((39, n_steps), 8.0)
    return residuals_of(actual, actual, segment=segment)


def simulate(forecasts, residuals, *needs, seed=1, **options) -> pd.DataFrame:
    frame = pd.DataFrame(list(needs))
    return ltd.simulate(forecasts, residuals, frame, seed=seed, **options)


def one(*arguments, **options) -> pd.Series:
    return simulate(*arguments, **options).iloc[0]


# --- sums over the interval -------------------------------------------------------


def test_certain_demand_and_lead_time_by_hand():
    # Forecast 10, 20, 40, 80; L = 2, R = 1: lead time 10 + 20, protection 70.
    # In stock 5 of the 10 of period 1: gone after half of it.
    row = one(forecasts_of({"P": [10, 20, 40, 80]}), certain(), requirement())
    assert row["demand_during_lead_time_units"] == pytest.approx(30)
    assert row["lead_time_demand_units"] == pytest.approx(70)
    assert row["lead_time_demand_sd_units"] == pytest.approx(0)
    assert row["q05_units"] == pytest.approx(70)
    assert row["q99_units"] == pytest.approx(70)
    assert row["reorder_point_units"] == pytest.approx(70)
    assert row["safety_stock_units"] == pytest.approx(0)
    assert row["achieved_cycle_service"] == 1
    assert row["achieved_fill_rate"] == pytest.approx(1)
    assert row["stockout_probability"] == 1
    assert row["expected_short_units"] == pytest.approx(60)  # 70 - 10
    assert row["expected_lost_margin"] == pytest.approx(180)  # 60 x 3
    assert row["expected_stockout_periods"] == pytest.approx(0.5)
    assert row["horizon_needed_periods"] == 3
    assert row["method"] == "residual paths of the segment"
    assert row["n_errors"] == 39
    assert row["max_service_supported"] == pytest.approx(39 / 40)
    assert row["n_paths"] == 1000


def test_parts_of_periods_count_pro_rata():
    # e = 0.25, L = 1.5, R = 0.75: [0.25, 1.75) = 7.5 + 15; up to 2.5: + 5 + 20.
    row = one(
        forecasts_of({"P": [10, 20, 40]}),
        certain(),
        requirement(
            elapsed_periods=0.25,
            lead_time_mean_periods=1.5,
            review_periods=0.75,
            on_hand_units=17.5,
        ),
    )
    assert row["demand_during_lead_time_units"] == pytest.approx(22.5)
    assert row["lead_time_demand_units"] == pytest.approx(47.5)
    assert row["horizon_needed_periods"] == 3
    # 7.5 by the end of period 1, the other 10 take half of period 2: at 1.5.
    assert row["expected_stockout_periods"] == pytest.approx(1.25)


def test_rounding_at_the_end_of_the_horizon_needs_no_further_period():
    # 0.1 + 0.2 + 2.7 is 3.0000000000000004.
    row = one(
        forecasts_of({"P": [10, 20, 40]}),
        certain(),
        requirement(
            elapsed_periods=0.1, lead_time_mean_periods=0.2, review_periods=2.7
        ),
    )
    assert row["horizon_needed_periods"] == 3
    assert row["lead_time_demand_units"] == pytest.approx(69)


def test_random_lead_times_spread_certain_demand():
    # Constant demand d = 10 and random L: X = d (L + R), so mean d (2 + 1) and
    # deviation d x 0.5; with a gamma of shape 16 the 95 % quantile is known.
    row = one(
        forecasts_of({"P": [10.0] * 12}),
        certain(12),
        requirement(lead_time_sd_periods=0.5),
        n_paths=20_000,
    )
    assert row["lead_time_demand_units"] == pytest.approx(30, rel=0.01)
    assert row["lead_time_demand_sd_units"] == pytest.approx(5, rel=0.03)
    expected = 10 * (stats.gamma(16, scale=2 / 16).ppf(0.95) + 1)
    assert row["reorder_point_units"] == pytest.approx(expected, rel=0.01)
    # Cut at the 99 % quantile: ceil(0 + 3.35 + 1).
    assert row["horizon_needed_periods"] == 5


def test_gaussian_errors_agree_with_the_closed_form():
    generator = np.random.default_rng(0)
    actual = 1000 + generator.normal(scale=50, size=(20_000, 4))
    row = one(
        forecasts_of({"P": [1000.0] * 4}),
        residuals_of(np.array(1000.0), actual),
        requirement(lead_time_mean_periods=3.0),
        n_paths=20_000,
    )
    total = stats.norm(4000, 50 * np.sqrt(4))
    for name, level in ltd.QUANTILES.items():
        assert row[name] == pytest.approx(total.ppf(level), abs=6)
    # The deviation of the sum is 100: four times the one-period 50 would be 200.
    assert row["lead_time_demand_sd_units"] == pytest.approx(100, rel=0.03)


def test_poisson_errors_agree_with_the_closed_form():
    generator = np.random.default_rng(1)
    actual = generator.poisson(2.0, size=(20_000, 3)).astype(float)
    row = one(
        forecasts_of({"P": [2.0] * 3}),
        residuals_of(np.array(2.0), actual),
        requirement(),
        n_paths=20_000,
    )
    total = stats.poisson(6)
    for name, level in ltd.QUANTILES.items():
        assert abs(row[name] - total.ppf(level)) < 1.01
    assert row["q50_units"] == pytest.approx(6, abs=1e-9)
    assert row["q95_units"] == pytest.approx(10, abs=1e-9)


def test_the_quantile_is_of_the_sum_and_keeps_the_dependence_of_steps():
    # Errors that are the same in all three steps: the sum of quantiles is right
    # then, and sqrt(3) sigma is not. Errors that cancel leave no spread at all.
    generator = np.random.default_rng(2)
    shared = generator.normal(scale=30, size=(5_000, 1))
    together = residuals_of(np.array(500.0), 500 + shared.repeat(3, axis=1))
    cancelling = residuals_of(np.array(500.0), 500 + shared * [1.0, -1.0, 0.0])
    live = forecasts_of({"P": [500.0] * 3})
    same = one(live, together, requirement(), n_paths=5_000)
    none = one(live, cancelling, requirement(), n_paths=5_000)
    assert same["lead_time_demand_sd_units"] == pytest.approx(90, rel=0.05)
    assert none["lead_time_demand_sd_units"] == pytest.approx(0, abs=1e-9)


# --- calibration on later folds ---------------------------------------------------


def protection_sums(actual: np.ndarray) -> np.ndarray:
    return actual[:, :3].sum(axis=1)


def coverage(past, past_forecast, later, later_forecast) -> dict[str, float]:
    """Share of later sums at or below, and below, the quantiles."""
    residuals = residuals_of(past_forecast, past)
    products = [f"P{i:04d}" for i in range(len(later))]
    live = forecasts_of(
        {
            product: list(path)
            for product, path in zip(
                products, np.broadcast_to(later_forecast, later.shape), strict=True
            )
        }
    )
    rows = simulate(live, residuals, *(requirement(p) for p in products), seed=3)
    sums = protection_sums(later)
    result = {}
    for name in ("q80_units", "q95_units"):
        quantile = rows[name].to_numpy()
        result[name] = (
            float((sums < quantile - 1e-9).mean()),
            float((sums <= quantile + 1e-9).mean()),
        )
    return result


def assert_calibrated(covered, *, within: float) -> None:
    for name, level in (("q80_units", 0.80), ("q95_units", 0.95)):
        below, at_or_below = covered[name]
        assert at_or_below >= level - within, (name, covered)
        # An atom may lift the share at or below, never the share below.
        assert below <= level + within, (name, covered)


def test_independent_demand_is_covered():
    generator = np.random.default_rng(4)
    level = generator.gamma(2.0, 10.0, size=(900, 1)) + 1
    actual = generator.poisson(level, size=(900, 3)).astype(float)
    forecast = np.repeat(level, 3, axis=1)
    covered = coverage(actual[:500], forecast[:500], actual[500:], forecast[500:])
    assert_calibrated(covered, within=0.04)


def test_autocorrelated_demand_is_covered_where_root_of_time_is_not():
    generator = np.random.default_rng(5)
    n_series, horizon = 1_000, 3
    shocks = generator.normal(scale=8, size=(n_series, 60 + horizon))
    noise = np.zeros_like(shocks)
    for period in range(1, shocks.shape[1]):
        noise[:, period] = 0.9 * noise[:, period - 1] + shocks[:, period]
    actual = 200 + noise[:, 60:]
    forecast = np.full_like(actual, 200.0)
    covered = coverage(actual[:600], forecast[:600], actual[600:], forecast[600:])
    assert_calibrated(covered, within=0.04)
    one_period = actual[:600, 0].std()
    by_root = 600 + stats.norm.ppf(0.95) * one_period * np.sqrt(3)
    assert (protection_sums(actual[600:]) <= by_root).mean() < 0.90


def test_intermittent_demand_is_covered():
    generator = np.random.default_rng(6)
    chance = generator.uniform(0.05, 0.4, size=(1_400, 1))
    size = generator.geometric(0.3, size=(1_400, 3))
    actual = (generator.random((1_400, 3)) < chance) * size * 1.0
    forecast = np.repeat(chance / 0.3, 3, axis=1)
    covered = coverage(actual[:800], forecast[:800], actual[800:], forecast[800:])
    assert_calibrated(covered, within=0.05)


# --- targets ----------------------------------------------------------------------


def spread(n_steps: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    generator = np.random.default_rng(7)
    actual = generator.poisson(20.0, size=(4_000, n_steps)).astype(float)
    return forecasts_of({"P": [20.0] * n_steps}), residuals_of(np.array(20.0), actual)


def test_the_cost_target_is_the_newsvendor_when_a_lot_is_a_reviews_demand():
    # B / (B + h R) with Q = D R: 1 / (1 + 0.25 x 1) = 0.8.
    row = one(
        *spread(),
        requirement(
            target="cost", service_level=None, holding_cost_per_unit_period=0.25
        ),
    )
    assert row["fractile"] == pytest.approx(0.8, abs=1e-4)
    assert row["reorder_point_units"] == row["q80_units"]
    assert row["achieved_cycle_service"] >= 0.8


def test_a_larger_lot_is_exposed_less_often():
    # D = 20 per period, Q = 60: 1 x 20 / (1 x 20 + 0.2 x 60) = 0.625.
    row = one(
        *spread(), requirement(target="cost", lot_units=60.0, economic_lot_units=60.0)
    )
    assert row["fractile"] == pytest.approx(0.625, abs=0.01)


def test_shortages_that_cost_nothing_ask_for_no_stock():
    row = one(*spread(), requirement(target="cost", shortage_cost_per_unit=-1.0))
    assert row["fractile"] == 0
    assert row["reorder_point_units"] == 0
    assert row["method"].endswith("; stock costs more than shortages")


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99, 1.0])
def test_cycle_service_is_the_smallest_stock_that_reaches_the_level(level):
    row = one(*spread(), requirement(service_level=level))
    live, residuals = spread()
    less = one(
        live,
        residuals,
        requirement(
            service_level=level,
            inventory_position_units=row["reorder_point_units"] - 1e-6,
        ),
    )
    assert row["achieved_cycle_service"] >= level
    assert 1 - less["stockout_probability"] < level


@pytest.mark.parametrize("level", [0.95, 0.99, 0.999])
def test_fill_rate_reaches_its_level_and_no_more(level):
    row = one(*spread(), requirement(target="fill_rate", service_level=level))
    assert row["safety_stock_units"] > 0
    assert row["achieved_fill_rate"] == pytest.approx(level, abs=1e-6)
    assert row["achieved_fill_rate"] >= level - 1e-12
    # A normal check with another formula: ESC = sigma G(k) over D R.
    sigma = np.sqrt(60)
    k = row["safety_stock_units"] / sigma
    shortage = sigma * (stats.norm.pdf(k) - k * stats.norm.sf(k))
    assert 1 - shortage / 20 == pytest.approx(level, abs=0.01)


def test_safety_stock_for_a_fill_rate_is_floored_at_zero():
    # A lot of 1,000 covers most demand by itself.
    row = one(
        *spread(),
        requirement(
            target="fill_rate",
            service_level=0.9,
            lot_units=1000.0,
            economic_lot_units=1000.0,
        ),
    )
    assert row["safety_stock_units"] == pytest.approx(0)
    assert row["achieved_fill_rate"] > 0.9
    assert row["method"].endswith("; safety stock floored at zero")


def test_fill_rate_by_hand():
    # S = 10; X_{L+R} is 8, 12, 16: short 0, 2, 6; X_L is 4, 6, 12: short 0, 0, 2.
    # 1 - (8/3 - 2/3) / 5 = 0.6.
    protection = np.array([[8.0, 12.0, 16.0]])
    lead_time = np.array([[4.0, 6.0, 12.0]])
    found = simulated_demand.fill_rate(
        np.array([10.0]), protection, lead_time, np.array([5.0])
    )
    assert found == pytest.approx([0.6])
    stock = simulated_demand.stock_for_fill_rate(
        np.array([0.6]), protection, lead_time, np.array([5.0])
    )
    # Between 8 and 12 the fill rate rises by (2 - 1) / 3 / 5 a unit: 10 it is.
    assert stock == pytest.approx([10.0])


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
    assert rows["method"].unique().tolist() == [
        "residual paths of the segment and level"
    ]
    assert rows["n_errors"].tolist() == [300, 300]
    assert rows["lead_time_demand_sd_units"].tolist() == pytest.approx([0, 90], abs=0.1)


def test_errors_of_fast_sellers_do_not_lift_the_mean_of_slow_ones():
    # Fast sellers miss by half their level either way: at a level of 1 the same
    # scaled error is 40 / 2.2, eighteen times the demand, and half is cut at zero.
    sign = np.tile([[1.0], [-1.0]], (30, 3))
    fast = residuals_of(np.array(80.0), 80 + 40 * sign)
    row = one(forecasts_of({"P": [1.0] * 3}), fast, requirement())
    assert row["lead_time_demand_units"] == pytest.approx(3.0, rel=0.15)


def test_a_step_forecast_as_zero_does_not_make_a_giant_of_its_error():
    # One path in forty sold 8 where its model said 0, of 8 on average. Divided by the
    # root of 0.1 that error would add 73 units where 8 are forecast.
    forecast = np.full((40, 3), 8.0)
    actual = forecast.copy()
    forecast[0] = [0.0, 12.0, 12.0]
    actual[0] = [8.0, 12.0, 12.0]
    row = one(
        forecasts_of({"P": [8.0] * 3}),
        residuals_of(forecast, actual),
        requirement(service_level=0.99),
    )
    most = 24 + 8 * np.sqrt(8.1 / 4.1)
    assert row["q99_units"] == pytest.approx(most, rel=0.02)


def test_a_small_segment_uses_all_segments():
    small = residuals_of(np.array(8.0), np.full((5, 3), 8.0), segment="B", prefix="S")
    row = one(
        forecasts_of({"P": [8.0] * 3}),
        pd.concat([small, certain(3)]),
        requirement(segment="B"),
    )
    assert row["method"] == "residual paths of all segments"
    assert row["n_errors"] == 44


def test_without_errors_demand_is_negative_binomial():
    # Poisson around a gamma level with cv 0.5: mean 12, variance 12 + 144 x 0.25,
    # so size 4 and success 4 / (4 + 12).
    row = one(
        forecasts_of({"P": [4.0] * 3}), certain().head(0), requirement(), n_paths=20_000
    )
    assert row["method"] == "negative binomial"
    assert row["n_errors"] == 0
    assert row["max_service_supported"] == 0
    assert row["lead_time_demand_units"] == pytest.approx(12, rel=0.02)
    total = stats.nbinom(4, 4 / 16)
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
    assert row["method"] == "residual paths of the segment, chained"
    # Blocks 20, 20 and 10, independent of each other: variance 400 + 400 + 100.
    assert row["lead_time_demand_sd_units"] == pytest.approx(30, rel=0.03)


def test_gaps_in_long_vectors_do_not_cost_the_short_ones():
    # Every fourth step is unknown: complete over three steps only.
    actual = np.full((45, 6), 8.0)
    actual[:, 3] = np.nan
    row = one(
        forecasts_of({"P": [8.0] * 6}),
        residuals_of(np.array(8.0), actual),
        requirement(),
    )
    assert row["method"] == "residual paths of the segment"
    assert row["lead_time_demand_units"] == pytest.approx(24)


# --- what cannot be computed ------------------------------------------------------


MEASURES = ["lead_time_demand_units", "q50_units", "reorder_point_units"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lead_time_mean_periods": None}, "missing lead time"),
        ({"review_periods": None}, "missing review period"),
        ({"product_id": "unknown"}, "no forecast"),
    ],
)
def test_a_missing_input_is_null_with_a_reason_never_zero(changes, reason):
    row = one(forecasts_of({"P": [8.0] * 4}), certain(), requirement(**changes))
    assert row["method"] == reason
    assert row[MEASURES].isna().all()
    assert row["n_paths"] == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"target": "cost", "holding_cost_per_unit_period": None}, "holding cost"),
        ({"target": "cost", "shortage_cost_per_unit": None}, "shortage cost"),
        ({"service_level": None}, "service level"),
        ({"target": "fill_rate", "service_level": None}, "service level"),
        ({"target": "cost", "review_periods": 0.0}, "lot size"),
    ],
)
def test_a_missing_cost_costs_the_reorder_point_only(changes, reason):
    row = one(forecasts_of({"P": [8.0] * 4}), certain(), requirement(**changes))
    assert row["method"] == f"residual paths of the segment; missing {reason}"
    assert np.isnan(row["reorder_point_units"])
    assert np.isnan(row["safety_stock_units"])
    assert np.isnan(row["achieved_cycle_service"])
    assert np.isnan(row["fractile"])
    assert row["lead_time_demand_units"] > 0


def test_beyond_the_forecast_its_mean_goes_on():
    # Four steps of forecast, mean 25; seven are needed: 100 + 3 x 25.
    live = forecasts_of({"P": [10.0, 20.0, 30.0, 40.0], "Q": [8.0] * 4})
    long = requirement(lead_time_mean_periods=6.0)
    row = one(live, certain(), long)
    assert row["method"] == "residual paths of the segment, chained, extended"
    assert row["lead_time_demand_units"] == pytest.approx(175)
    assert row["demand_during_lead_time_units"] == pytest.approx(150)
    # A series that needs less is what it is without the other.
    short = requirement(product_id="Q")
    pd.testing.assert_series_equal(
        simulate(live, certain(), long, short).iloc[1],
        one(live, certain(), short),
        check_names=False,
    )


def test_a_gap_in_the_forecast_ends_its_horizon():
    forecasts = forecasts_of({"P": [8.0] * 4}).query("horizon != 3")
    row = one(forecasts, certain(), requirement())
    assert row["method"] == "horizon too short"


@pytest.mark.parametrize("target", ["cost", "cycle_service", "fill_rate"])
def test_a_forecast_of_zero_needs_no_stock(target):
    row = one(forecasts_of({"P": [0.0] * 4}), certain(), requirement(target=target))
    assert row["method"] == "zero forecast"
    assert row["reorder_point_units"] == 0
    assert row["safety_stock_units"] == 0
    assert row["stockout_probability"] == 0
    assert row["achieved_cycle_service"] == 1
    assert row["achieved_fill_rate"] == 1
    assert np.isnan(row["expected_stockout_periods"])


def test_a_missing_position_leaves_the_reorder_point():
    row = one(
        forecasts_of({"P": [8.0] * 4}),
        certain(),
        requirement(inventory_position_units=None, on_hand_units=None),
    )
    assert row["reorder_point_units"] == pytest.approx(24)
    unknown = [
        "stockout_probability",
        "expected_short_units",
        "expected_lost_margin",
        "expected_stockout_periods",
    ]
    assert row[unknown].isna().all()


@pytest.mark.parametrize(
    ("on_hand", "expected"), [(0.0, 0.0), (-3.0, 0.0), (31.9, 3.9875), (32.0, np.nan)]
)
def test_time_until_stock_runs_out(on_hand, expected):
    # Eight a period over four periods: 32 units just last.
    row = one(
        forecasts_of({"P": [8.0] * 4}), certain(), requirement(on_hand_units=on_hand)
    )
    assert row["expected_stockout_periods"] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"service_level": 97.5}, r"service_level must be in \(0, 1\], got 97.5"),
        ({"service_level": 0.0}, r"service_level must be in \(0, 1\], got 0.0"),
        ({"target": "guess"}, "target must be one of .* got .'guess'"),
        ({"elapsed_periods": 1.0}, "elapsed_periods must be in"),
        ({"elapsed_periods": None}, "elapsed_periods must be in"),
        ({"economic_lot_units": -1.0}, "economic_lot_units must be zero or more"),
        ({"lead_time_mean_periods": -1.0}, "lead_time_mean_periods must be"),
        ({"holding_cost_per_unit_period": -0.1}, "holding_cost_per_unit_period"),
    ],
)
def test_values_outside_their_range_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        simulate(forecasts_of({"P": [8.0] * 4}), certain(), requirement(**changes))


def test_repeated_keys_and_missing_columns_are_refused():
    live, past = forecasts_of({"P": [8.0] * 4}), certain()
    with pytest.raises(ValueError, match="twice in requirements"):
        simulate(live, past, requirement(), requirement())
    with pytest.raises(ValueError, match="twice in forecasts"):
        simulate(pd.concat([live, live]), past, requirement())
    with pytest.raises(ValueError, match="twice in residuals"):
        simulate(live, pd.concat([past, past]), requirement())
    with pytest.raises(ValueError, match="finite and zero or more"):
        simulate(live.assign(forecast_units=-1.0), past, requirement())
    with pytest.raises(KeyError, match="actual_units"):
        simulate(live, past.drop(columns="actual_units"), requirement())


# --- the same run twice -----------------------------------------------------------


def mixed() -> tuple[pd.DataFrame, pd.DataFrame, list[dict]]:
    generator = np.random.default_rng(8)
    actual = generator.poisson(10.0, size=(500, 8)).astype(float)
    levels = {f"P{i}": list(generator.uniform(0, 20, size=8)) for i in range(12)}
    targets = ["cost", "cycle_service", "fill_rate"]
    needs = [
        requirement(p, target=targets[i % 3], lead_time_sd_periods=0.4)
        for i, p in enumerate(levels)
    ]
    return forecasts_of(levels), residuals_of(np.array(10.0), actual), needs


def test_the_order_of_rows_does_not_matter():
    live, past, needs = mixed()
    before = simulate(live, past, *needs)
    after = simulate(
        live.sample(frac=1, random_state=0),
        past.sample(frac=1, random_state=0),
        *reversed(needs),
    )
    pd.testing.assert_frame_equal(before, after, check_exact=True)


def test_another_series_does_not_move_the_others(monkeypatch):
    live, past, needs = mixed()
    before = simulate(live, past, *needs)
    # Chunks of one series, too: where a series is computed must not matter.
    monkeypatch.setattr(ltd, "_CHUNK_VALUES", 1)
    fewer = simulate(live, past, *needs[3:])
    kept = before[before["product_id"].isin(fewer["product_id"])]
    pd.testing.assert_frame_equal(kept.reset_index(drop=True), fewer, check_exact=True)


def test_the_seed_matters_and_nothing_else_is_random():
    live, past, needs = mixed()
    first = simulate(live, past, *needs, seed=1)
    again = simulate(live, past, *needs, seed=1)
    other = simulate(live, past, *needs, seed=2)
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    moved = first["lead_time_demand_units"] != other["lead_time_demand_units"]
    assert moved.all()


def test_no_rows_give_a_typed_empty_result():
    live, past, needs = mixed()
    empty = ltd.simulate(
        live.head(0), past.head(0), pd.DataFrame(needs).head(0), seed=1
    )
    table = frames.to_table(empty, ltd.OUTPUT_SCHEMA)
    assert table.num_rows == 0
    full = frames.to_table(simulate(live, past, *needs), ltd.OUTPUT_SCHEMA)
    assert full.schema.equals(table.schema)


@settings(max_examples=40, deadline=None)
@given(
    levels=st.lists(st.floats(0, 50), min_size=6, max_size=6),
    lead=st.floats(0, 2),
    deviation=st.floats(0, 0.5),
    review=st.floats(0.1, 2),
    elapsed=st.floats(0, 0.99),
    target=st.sampled_from(sorted(ltd.TARGETS)),
    service=st.floats(0.05, 1.0),
    lot=st.one_of(st.none(), st.floats(0.5, 500)),
)
def test_measures_keep_their_order_and_range(
    levels, lead, deviation, review, elapsed, target, service, lot
):
    _, past = spread(6)
    row = one(
        forecasts_of({"P": levels}),
        past.head(600),
        requirement(
            lead_time_mean_periods=lead,
            lead_time_sd_periods=deviation,
            review_periods=review,
            elapsed_periods=elapsed,
            target=target,
            service_level=service,
            lot_units=lot,
            economic_lot_units=lot,
        ),
        n_paths=200,
    )
    is_beyond = row["horizon_needed_periods"] > 6
    assert row["method"].endswith("extended") == is_beyond or not any(levels)
    quantiles = row[list(ltd.QUANTILES)].to_numpy(dtype=float)
    assert (np.diff(quantiles) >= 0).all()
    assert row["demand_during_lead_time_units"] <= row["lead_time_demand_units"] + 1e-9
    assert row["reorder_point_units"] >= 0
    assert 0 <= row["achieved_cycle_service"] <= 1
    assert row["achieved_fill_rate"] <= 1
    assert row["expected_short_units"] >= 0
    if target == "cycle_service":
        assert row["achieved_cycle_service"] >= service - 1e-9
    if target == "fill_rate":
        assert row["achieved_fill_rate"] >= service - 1e-6
        assert row["safety_stock_units"] >= -1e-9


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


# --- sales lost before an order can come ------------------------------------------


def open_line(units: float, periods: float, product: str = "P") -> dict:
    return {
        "location_id": "L1",
        "product_id": product,
        "open_units": units,
        "receipt_periods": periods,
    }


def lost(position: float, *lines: dict, **needs) -> float:
    forecasts = forecasts_of({"P": [10, 20, 40, 80]})
    row = one(
        forecasts,
        certain(),
        requirement(inventory_position_units=position, **{"target": "cost", **needs}),
        open_lines=pd.DataFrame(list(lines)) if lines else None,
    )
    return row["lost_before_arrival_units"]


def test_what_the_shelf_cannot_serve_before_the_order_is_lost():
    # Of 30 over the lead time 10 are there: 20 are lost, whatever is ordered.
    assert lost(10.0) == pytest.approx(20)
    assert lost(30.0) == pytest.approx(0)
    assert lost(0.0) == pytest.approx(30)


def test_a_receipt_serves_only_what_comes_after_it():
    # 5 on the shelf, 25 after a period: 5 of the first 10 are lost, then none.
    assert lost(30.0, open_line(25.0, 1.0)) == pytest.approx(5)
    # Split, in any order of lines: 5 and then 0 of the 20 that 20 + 5 meet.
    lines = open_line(5.0, 1.5), open_line(20.0, 1.0)
    assert lost(30.0, *lines) == pytest.approx(5)


def test_a_receipt_after_the_order_serves_nothing_before_it():
    # The shelf holds 30 - 25 = 5; the rest comes after the lead time of two.
    assert lost(30.0, open_line(25.0, 2.5)) == pytest.approx(25)


def test_lines_of_other_products_are_others():
    assert lost(10.0, open_line(99.0, 1.0, product="Q")) == pytest.approx(20)


def test_a_promised_service_is_ordered_in_full():
    assert lost(10.0, target="cycle_service") == 0
    assert lost(10.0, target="fill_rate") == 0


def test_an_unknown_position_leaves_nothing_lost():
    assert lost(np.nan) == 0


def test_excess_that_stays_lowers_the_fractile_of_least_cost_only():
    forecasts = forecasts_of({"P": [8.0] * 4})
    need = requirement(target="cost", service_level=None)
    # Lot of a review: p / (p + h periods).
    once = one(forecasts, certain(), need)
    twice = one(forecasts, certain(), need, excess_holding_periods=2.0)
    assert once["fractile"] == pytest.approx(1 / 1.2)
    assert twice["fractile"] == pytest.approx(1 / 1.4)
    served = one(forecasts, certain(), requirement(), excess_holding_periods=2.0)
    assert served["fractile"] == pytest.approx(0.95)
    with pytest.raises(ValueError, match="1 or more"):
        one(forecasts, certain(), need, excess_holding_periods=0.5)
