"""Scenarios and what their orders do, against one path or one scenario at a time."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_series import KEYS, forecasts_of, requirement, residuals_of

from restock.replenishment.levels import lead_time_demand
from restock.replenishment.orders import (
    expected_outcomes,
    price_break_orders,
    scenarios,
)

FORECASTS = forecasts_of({"P": [10.0] * 6, "Q": [4.0] * 6, "SHORT": [4.0]})
RESIDUALS = residuals_of(
    np.full(6, 10.0), np.random.default_rng(3).poisson(10, (60, 6)).astype(float)
)
RUN = {"n_paths": 200, "seed": 5}


def scenario(name, multiplier=1.0, **changes):
    return pd.DataFrame(
        [
            requirement(product, **{"economic_lot_units": 10.0, **changes})
            | {"scenario": name, "lead_time_multiplier": multiplier}
            for product in ("P", "Q", "SHORT")
        ]
    )


NEEDS = pd.concat(
    [
        scenario("base"),
        scenario("safe", service_level=0.99),
        scenario("cost", target="cost", economic_lot_units=30.0),
        scenario("slow", 1.5, lead_time_mean_periods=3.0),
    ],
    ignore_index=True,
)


def test_scenarios_together_are_scenarios_one_by_one():
    # A scenario that asks the same as another is simulated once and is there twice.
    needs = pd.concat([NEEDS, scenario("same")], ignore_index=True)
    together = lead_time_demand.simulate(FORECASTS, RESIDUALS, needs, **RUN)
    assert len(together) == len(needs)
    for name, own in needs.groupby("scenario"):
        alone = lead_time_demand.simulate(FORECASTS, RESIDUALS, own, **RUN)
        alone = alone.set_index(KEYS)
        found = together[together["scenario"] == name].set_index(KEYS)
        pd.testing.assert_frame_equal(found, alone)
    point = together.set_index(["scenario", "product_id"])["reorder_point_units"]
    assert point["safe", "P"] > point["base", "P"]
    assert point["slow", "P"] > point["base", "P"]


def orders(name, quantity):
    return pd.DataFrame(
        {
            "scenario": name,
            "location_id": "L1",
            "product_id": ["P", "Q"],
            "order_qty_units": quantity,
            "pack_size_units": 1.0,
            "min_order_units": 0.0,
            "reorder_point_units": 40.0,
            "order_value": 2.0 * np.asarray(quantity),
            "price_break_units": 0.0,
            "price_break_saving_value": 0.0,
            "budget": np.nan,
        }
    )


def test_a_budget_cuts_its_own_scenario_only():
    needs = NEEDS.assign(economic_lot_units=np.nan)
    asked = pd.concat([orders("base", [20.0, 10.0]), orders("safe", [20.0, 10.0])])
    asked["budget"] = np.where(asked["scenario"] == "safe", 25.0, np.nan)
    asked["unit_cost_multiplier"] = 2.0
    # At twice the price of the bands the order of 20 costs 40; a part of it more.
    bands = pd.DataFrame(
        {
            "product_id": "P",
            "min_units": [0.0, 20.0],
            "unit_cost": [1.25, 1.0],
            "is_incremental": False,
        }
    )
    arguments = FORECASTS, RESIDUALS, needs, asked, bands
    bought = scenarios.budgeted_purchases(*arguments, **RUN)
    assert set(bought["scenario"]) == {"safe"}
    bought = bought.set_index("product_id")
    units, value = bought["bought_units"], bought["bought_value"]
    assert value["P"] == pytest.approx(2.5 * units["P"])
    assert value["Q"] == pytest.approx(2 * units["Q"])
    assert 22 < value.sum() <= 25
    asked["budget"] = 60.0
    all_of_it = scenarios.budgeted_purchases(*arguments, **RUN)
    assert all_of_it["bought_units"].to_list() == [20.0, 10.0] * 2


def test_prices_of_a_scenario_follow_its_unit_cost():
    bands = pd.DataFrame(
        {
            "product_id": "P",
            "min_units": [0.0, 50.0],
            "unit_cost": [5.0, 4.0],
            "is_incremental": False,
        }
    )
    asked = pd.concat(
        [orders(name, [20.0, 10.0]) for name in ("base", "dear")], ignore_index=True
    ).assign(
        unit_cost_multiplier=[1.0, 1.0, 2.0, 2.0],
        max_order_units=400.0,
        annual_demand_units=400.0,
        order_cost=6.0,
        holding_cost_rate_per_year=0.25,
    )
    raised = price_break_orders.price_break_orders(asked, bands)
    # At a cost of 4 the economic lot is sqrt(2 x 400 x 6 / (0.25 x 4)) = 69, at 8 it is
    # 49, below the break.
    assert raised["scenario"].to_list() == ["base", "dear"]
    assert raised["order_qty_units"].to_list() == [69.0, 50.0]
    assert raised["order_value"].to_list() == [69 * 4.0, 50 * 8.0]


def test_nothing_to_do_is_an_empty_typed_frame():
    no_needs, no_orders = NEEDS.iloc[:0], orders("base", [1.0, 1.0]).iloc[:0]
    simulated = lead_time_demand.simulate(FORECASTS, RESIDUALS, no_needs, **RUN)
    assert list(simulated.columns) == lead_time_demand.OUTPUT_SCHEMA.names
    bought = scenarios.budgeted_purchases(
        FORECASTS,
        RESIDUALS,
        no_needs,
        no_orders.assign(unit_cost_multiplier=1.0),
        pd.DataFrame(),
        **RUN,
    )
    assert list(bought.columns) == scenarios.BUDGETED_SCHEMA.names
    outcome = scenarios.scenario_outcomes(
        FORECASTS, RESIDUALS, no_needs, no_orders, **RUN
    )
    assert list(outcome.columns) == expected_outcomes.OUTPUT_SCHEMA.names


def test_orders_of_scenarios_meet_the_demand_of_their_lead_times():
    asked = pd.concat(
        [orders(name, [15.0, 0.0]) for name in ("base", "safe", "slow")],
        ignore_index=True,
    )
    found = scenarios.scenario_outcomes(FORECASTS, RESIDUALS, NEEDS, asked, **RUN)
    by = found.set_index(["scenario", "product_id"])
    simulated = lead_time_demand.simulate(FORECASTS, RESIDUALS, NEEDS, **RUN)
    mean = simulated.set_index(["scenario", "product_id"])["lead_time_demand_units"]
    for key, demand in by["expected_demand_units"].items():
        assert demand == pytest.approx(mean[key]), key
    base, safe = by.loc["base"], by.loc["safe"]
    pd.testing.assert_frame_equal(base.sort_index(), safe.sort_index())
    assert (
        by.loc[("slow", "P"), "expected_short_units"]
        > base.loc["P", "expected_short_units"]
    )


@given(
    st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), min_size=1, max_size=6),
    st.floats(0, 60),
    st.floats(0, 60),
)
def test_outcomes_are_those_of_each_path(paths, position, quantity):
    first, later = np.array(paths).T
    demand, short, left, used = (
        float(value[0])
        for value in expected_outcomes.order_outcomes(
            first + later, first, position, np.array([quantity])
        )
    )
    expected = []
    for before, after in paths:
        # Serve the lead time, receive the order, serve the rest.
        sold_before = min(before, position)
        stock = position - sold_before + quantity
        sold_after = min(after, stock)
        old = min(after, position - sold_before)
        expected.append(
            (
                before + after,
                before + after - sold_before - sold_after,
                stock - sold_after,
                sold_after - old,
            )
        )
    assert (demand, short, left, used) == pytest.approx(
        tuple(np.mean(expected, axis=0)), abs=1e-9
    )
