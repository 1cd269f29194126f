from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from simulated_series import one, requirement, spread

from restock.replenishment.demand import simulated_demand


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
