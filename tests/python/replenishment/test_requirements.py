from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_series import certain, one, requirement, simulate, steady

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
    row = one(steady({"P": [8.0] * 4}), certain(), requirement(**changes))
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
    row = one(steady({"P": [8.0] * 4}), certain(), requirement(**changes))
    assert row["method"] == f"errors of the segment; missing {reason}"
    assert np.isnan(row["reorder_point_units"])
    assert np.isnan(row["safety_stock_units"])
    assert np.isnan(row["achieved_cycle_service"])
    assert np.isnan(row["fractile"])
    assert row["lead_time_demand_units"] > 0


def test_beyond_the_forecast_its_mean_goes_on():
    # Four steps of forecast, mean 25; seven are needed: 100 + 3 x 25.
    live = steady({"P": [10.0, 20.0, 30.0, 40.0], "Q": [8.0] * 4})
    long = requirement(lead_time_mean_periods=6.0)
    row = one(live, certain(), long)
    assert row["method"] == "errors of the segment, chained, extended"
    assert row["lead_time_demand_units"] == pytest.approx(175, rel=0.01)
    assert row["demand_during_lead_time_units"] == pytest.approx(150, rel=0.01)
    # A series that needs less is what it is without the other.
    short = requirement(product_id="Q")
    pd.testing.assert_series_equal(
        simulate(live, certain(), long, short).iloc[1],
        one(live, certain(), short),
        check_names=False,
    )


def test_a_gap_in_the_forecast_ends_its_horizon():
    forecasts = steady({"P": [8.0] * 4}).query("horizon != 3")
    row = one(forecasts, certain(), requirement())
    assert row["method"] == "horizon too short"


@pytest.mark.parametrize("target", ["cost", "cycle_service", "fill_rate"])
def test_a_forecast_of_zero_needs_no_stock(target):
    row = one(steady({"P": [0.0] * 4}), certain(), requirement(target=target))
    assert row["method"] == "zero forecast"
    assert row["reorder_point_units"] == 0
    assert row["safety_stock_units"] == 0
    assert row["stockout_probability"] == 0
    assert row["achieved_cycle_service"] == 1
    assert row["achieved_fill_rate"] == 1
    assert np.isnan(row["expected_stockout_periods"])


def test_a_missing_position_leaves_the_reorder_point():
    row = one(
        steady({"P": [8.0] * 4}),
        certain(),
        requirement(inventory_position_units=None, on_hand_units=None),
    )
    assert row["reorder_point_units"] == pytest.approx(24, abs=1)
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
    row = one(steady({"P": [8.0] * 4}), certain(), requirement(on_hand_units=on_hand))
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
        simulate(steady({"P": [8.0] * 4}), certain(), requirement(**changes))


def test_repeated_keys_and_missing_columns_are_refused():
    live, past = steady({"P": [8.0] * 4}), certain()
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
