from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restock import frames
from restock.replenishment.orders import joint_cycles, joint_replenishment

POSITIVE = st.floats(0.05, 50)


def item(product: str = "P", **changes) -> dict:
    return {
        "vendor_id": "V1",
        "location_id": "L1",
        "product_id": product,
        "shared_order_cost": 10.0,
        "line_order_cost": 1.0,
        "holding_cost_per_unit_year": 1.0,
        "annual_demand_units": 1000.0,
        **changes,
    }


def yearly_cost(shared, line, flow, multiples) -> float:
    ordering = shared + (line / multiples).sum()
    return np.sqrt(2 * ordering * (flow * multiples).sum())


@settings(deadline=None, max_examples=80)
@given(POSITIVE, st.lists(st.tuples(POSITIVE, POSITIVE), min_size=1, max_size=3))
def test_no_multiples_cost_less(shared, items):
    line, flow = np.array(items).T
    plan = joint_replenishment.optimal_joint_replenishment(
        shared_order_cost=shared,
        line_order_cost=line,
        holding_cost_per_unit_year=np.ones(len(line)),
        annual_demand_units=flow,
    )
    # A multiple beyond its best one at the longest base cycle that could pay is none.
    most = int(np.ceil(np.sqrt(2 * line / flow).max() * plan.cost / shared)) + 1
    grids = [np.arange(1, min(most, 60) + 1)] * len(line)
    if len(line) == 3:
        grids = [np.arange(1, min(most, 24) + 1)] * 3
    best = min(
        yearly_cost(shared, line, flow, np.array(multiples, dtype=float))
        for multiples in itertools.product(*grids)
    )
    assert plan.cost <= best * (1 + 1e-9)
    assert plan.cost == pytest.approx(yearly_cost(shared, line, flow, plan.multiples))


def test_the_optimum_is_never_dearer_than_the_rules_of_thumb():
    numbers = np.random.default_rng(4)
    for _ in range(30):
        terms = {
            "shared_order_cost": float(numbers.uniform(1, 50)),
            "line_order_cost": numbers.uniform(0.1, 60, 12),
            "holding_cost_per_unit_year": numbers.uniform(0.1, 5, 12),
            "annual_demand_units": numbers.uniform(1, 900, 12),
        }
        best = joint_replenishment.optimal_joint_replenishment(**terms).cost
        assert best <= joint_replenishment.joint_replenishment(**terms).cost + 1e-9
        assert best <= joint_replenishment.full_aggregation(**terms).cost + 1e-9


def test_items_of_a_vendor_by_hand():
    # P and Q alike: 2 (10 + 2) / 2000 years; each costs half of sqrt(2 x 12 x 2000).
    found = joint_cycles.joint_cycles(pd.DataFrame([item("Q"), item("P")]))
    assert found["product_id"].tolist() == ["P", "Q"]
    assert found["cycle_multiple"].tolist() == [1, 1]
    assert found["base_cycle_days"].tolist() == pytest.approx(
        [365 * np.sqrt(24 / 2000)] * 2
    )
    assert found["order_qty_units"].tolist() == pytest.approx(
        [1000 * np.sqrt(24 / 2000)] * 2
    )
    assert found["joint_annual_cost"].sum() == pytest.approx(np.sqrt(48000))
    assert found["separate_annual_cost"].tolist() == pytest.approx([np.sqrt(22000)] * 2)


def test_a_slow_item_joins_every_so_many_orders():
    slow = item("Q", line_order_cost=40.0, annual_demand_units=100.0)
    found = joint_cycles.joint_cycles(pd.DataFrame([item("P"), slow]))
    assert found["cycle_multiple"].tolist() == [1, 6]


def test_vendors_and_locations_are_planned_by_themselves():
    rows = [
        item(),
        item(vendor_id="V2", shared_order_cost=90.0),
        item(location_id="L2"),
    ]
    found = joint_cycles.joint_cycles(pd.DataFrame(rows))
    assert found["base_cycle_days"].nunique() == 2


def test_without_a_shared_cost_every_item_keeps_its_own_lot():
    rows = [item("P", shared_order_cost=0.0), item("Q", shared_order_cost=0.0)]
    found = joint_cycles.joint_cycles(pd.DataFrame(rows))
    assert found["joint_annual_cost"].tolist() == pytest.approx(
        found["separate_annual_cost"].tolist()
    )


def test_a_missing_number_is_refused():
    with pytest.raises(ValueError, match="holding_cost_per_unit_year"):
        joint_cycles.joint_cycles(pd.DataFrame([item(holding_cost_per_unit_year=None)]))


def test_no_item_is_an_empty_typed_table():
    empty = joint_cycles.joint_cycles(pd.DataFrame([item()]).iloc[:0])
    assert frames.to_table(empty, joint_cycles.OUTPUT_SCHEMA).num_rows == 0
