from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from simulated_series import (
    certain,
    forecasts_of,
    one,
    requirement,
    residuals_of,
    simulate,
    spread,
    steady,
)

from restock import frames
from restock.replenishment.demand import demand_windows
from restock.replenishment.levels import lead_time_demand as ltd
from restock.replenishment.levels import reorder_points

# --- sums over the interval -------------------------------------------------------


def test_certain_demand_and_lead_time_by_hand():
    # Forecast 10, 20, 40, 80; L = 2, R = 1: lead time 10 + 20, protection 70.
    # In stock 5 of the 10 of period 1: gone after half of it.
    row = one(steady({"P": [10, 20, 40, 80]}), certain(), requirement())
    assert row["demand_during_lead_time_units"] == pytest.approx(30, abs=0.1)
    assert row["lead_time_demand_units"] == pytest.approx(70, rel=0.01)
    # Almost: whole units, and counts of a variance of a thousandth of the mean.
    assert row["lead_time_demand_sd_units"] == pytest.approx(0, abs=0.5)
    assert row["q05_units"] == pytest.approx(70, abs=1)
    assert row["q99_units"] == pytest.approx(70, abs=1)
    assert row["reorder_point_units"] == pytest.approx(70, abs=1)
    assert row["safety_stock_units"] == pytest.approx(0, abs=1)
    assert row["achieved_cycle_service"] >= 0.95
    assert row["achieved_fill_rate"] == pytest.approx(1, abs=0.01)
    assert row["stockout_probability"] == 1
    assert row["expected_short_units"] == pytest.approx(60, abs=0.1)  # 70 - 10
    assert row["expected_lost_margin"] == pytest.approx(180, abs=0.5)  # 60 x 3
    assert row["expected_stockout_periods"] == pytest.approx(0.5, abs=0.1)
    assert row["horizon_needed_periods"] == 3
    assert row["method"] == "errors of the segment"
    assert row["n_errors"] == 39
    assert row["max_service_supported"] == pytest.approx(39 / 40)
    assert row["n_paths"] == 1000


def test_parts_of_periods_count_pro_rata():
    # e = 0.25, L = 1.5, R = 0.75: [0.25, 1.75) = 7.5 + 15; up to 2.5: + 5 + 20.
    row = one(
        steady({"P": [10, 20, 40]}),
        certain(),
        requirement(
            elapsed_periods=0.25,
            lead_time_mean_periods=1.5,
            review_periods=0.75,
            on_hand_units=17.5,
        ),
    )
    assert row["demand_during_lead_time_units"] == pytest.approx(22.5, abs=0.1)
    assert row["lead_time_demand_units"] == pytest.approx(47.5, rel=0.01)
    assert row["horizon_needed_periods"] == 3
    # 7.5 by the end of period 1, the other 10 take half of period 2: at 1.5.
    assert row["expected_stockout_periods"] == pytest.approx(1.25, abs=0.1)


def test_rounding_at_the_end_of_the_horizon_needs_no_further_period():
    # 0.1 + 0.2 + 2.7 is 3.0000000000000004.
    row = one(
        steady({"P": [10, 20, 40]}),
        certain(),
        requirement(
            elapsed_periods=0.1, lead_time_mean_periods=0.2, review_periods=2.7
        ),
    )
    assert row["horizon_needed_periods"] == 3
    assert row["lead_time_demand_units"] == pytest.approx(69, rel=0.01)


def test_random_lead_times_spread_certain_demand():
    # Constant demand d = 10 and random L: X = d (L + R), so mean d (2 + 1) and
    # deviation d x 0.5; with a gamma of shape 16 the 95 % quantile is known.
    row = one(
        steady({"P": [10.0] * 12}),
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
    cancelling = residuals_of(np.array(500.0), 500 + shared * [1.0, -1.0, 0.0]).assign(
        demand_dispersion=0.0
    )
    live = forecasts_of({"P": [500.0] * 3})
    same = one(live, together, requirement(), n_paths=5_000)
    none = one(
        live.assign(demand_dispersion=0.0), cancelling, requirement(), n_paths=5_000
    )
    assert same["lead_time_demand_sd_units"] == pytest.approx(90, rel=0.05)
    assert none["lead_time_demand_sd_units"] < 2


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
    monkeypatch.setattr(demand_windows, "_CHUNK_VALUES", 1)
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
    target=st.sampled_from(sorted(reorder_points.TARGETS)),
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


def test_what_lasts_longer_than_the_interval_runs_out_by_the_forecast():
    # L + R = 3 periods hold 70; the stock of 150 lasts into the fourth: 80 of 80 left.
    row = one(
        steady({"P": [10, 20, 40, 80, 160]}),
        certain(),
        requirement(on_hand_units=110.0),
    )
    assert row["horizon_needed_periods"] == 3
    assert row["expected_stockout_periods"] == pytest.approx(3.5)


def test_blocks_of_series_say_the_same_on_any_number_of_cores(monkeypatch):
    names = [f"P{number}" for number in range(12)]
    forecasts = forecasts_of({name: [10, 20, 40, 80] for name in names})
    needs = [requirement(name) for name in names]
    _, past = spread()
    found = []
    monkeypatch.setattr("restock.replenishment.demand.requirements._BLOCK", 5)
    for cores in ("1", "2"):
        monkeypatch.setenv("RESTOCK_THREADS", cores)
        found.append(simulate(forecasts, past, *needs))
    pd.testing.assert_frame_equal(*found, check_exact=True)
