from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_series import certain, one, requirement, residuals_of, steady


def open_line(units: float, periods: float, product: str = "P") -> dict:
    return {
        "location_id": "L1",
        "product_id": product,
        "open_units": units,
        "receipt_periods": periods,
    }


def lost(position: float, *lines: dict, **needs) -> float:
    forecasts = steady({"P": [10, 20, 40, 80]})
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


def test_what_is_lost_is_lost_of_the_same_path():
    # Every path sells 10 or 50 a week throughout, the shelf is empty and a lot lifts
    # the order above a review: all of the lead time is lost, so what is left to serve
    # is the undershoot alone, whichever path it is.
    sign = np.repeat([[10.0], [50.0]], 100, axis=0).repeat(4, axis=1)
    past = residuals_of(np.array(30.0), sign).assign(demand_dispersion=0.0)
    need = requirement(
        target="cost",
        shortage_cost_per_unit=99.0,
        economic_lot_units=200.0,
        inventory_position_units=0.0,
        lead_time_mean_periods=3.0,
    )
    row = one(steady({"P": [30.0] * 4}), past, need, n_paths=2_000)
    left = row["reorder_point_units"] - row["lost_before_arrival_units"]
    assert row["reorder_point_units"] > 150
    # At most half more after an order (`rise_at_orders`), of 50 x 3, and a review.
    assert left <= 0.5 * 150 + 35


def test_lines_of_other_products_are_others():
    assert lost(10.0, open_line(99.0, 1.0, product="Q")) == pytest.approx(20)


def test_a_promised_service_is_ordered_in_full():
    assert lost(10.0, target="cycle_service") == 0
    assert lost(10.0, target="fill_rate") == 0


def test_an_unknown_position_leaves_nothing_lost():
    assert lost(np.nan) == 0


def test_excess_that_stays_lowers_the_fractile_of_least_cost_only():
    forecasts = steady({"P": [8.0] * 4})
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
