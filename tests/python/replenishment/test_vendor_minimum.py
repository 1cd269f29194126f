from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restock import frames
from restock.replenishment.orders import vendor_minimum as vm

COST = ("early_days", "demand_per_day_units", "holding_cost_per_unit_day")


def candidate(product: str = "P", **changes) -> dict:
    return {
        "vendor_id": "V1",
        "location_id": "L1",
        "fill_target": "minimum",
        "product_id": product,
        "missing_value": 60.0,
        "unit_cost": 10.0,
        "pack_size_units": 1.0,
        "first_step_units": 1.0,
        "max_added_units": 99.0,
        "early_days": 0.0,
        "demand_per_day_units": 2.0,
        "holding_cost_per_unit_day": 0.01,
        **changes,
    }


def cost_of(units, terms) -> float:
    return vm.extra_holding_cost(
        np.array(units, dtype=float), **{name: terms[name] for name in COST}
    ).sum()


def brute_force(missing, terms) -> float | None:
    """Least cost of every combination of packs that has the value."""
    options = []
    for index in range(len(terms["unit_cost"])):
        pack, most = terms["pack_size_units"][index], terms["max_added_units"][index]
        first = terms["first_step_units"][index]
        counts = np.arange(0, most // pack + 1) * pack
        options.append([q for q in counts if q == 0 or q >= first])
    found = [
        cost_of(units, terms)
        for units in itertools.product(*options)
        if np.dot(units, terms["unit_cost"]) >= missing * (1 - 1e-9)
    ]
    return min(found, default=None)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.booleans())
def test_no_combination_of_packs_is_cheaper(seed, n_items, same_rates):
    numbers = np.random.default_rng(seed)
    pack = numbers.integers(1, 4, n_items).astype(float)
    prices = numbers.integers(1, 400, n_items) / 20
    terms = {
        "unit_cost": prices,
        "pack_size_units": pack,
        "first_step_units": pack * numbers.integers(1, 4, n_items),
        "max_added_units": pack * numbers.integers(0, 8, n_items),
        "early_days": numbers.integers(0, 9, n_items).astype(float),
        "demand_per_day_units": numbers.integers(1, 20, n_items) / 4,
        "holding_cost_per_unit_day": prices
        * (0.001 if same_rates else numbers.uniform(0, 0.01, n_items)),
    }
    missing = float(numbers.integers(1, 4000) / 20)
    added = vm.cheapest_fill(missing, **terms)
    best = brute_force(missing, terms)
    if best is None:
        assert added is None
        return
    assert added @ terms["unit_cost"] >= missing * (1 - 1e-8)
    assert (added <= terms["max_added_units"]).all()
    assert ((added == 0) | (added >= terms["first_step_units"])).all()
    assert cost_of(added, terms) == pytest.approx(best, rel=1e-9, abs=1e-12)


def test_a_fill_is_about_the_same_cover_of_every_product():
    # Products of one holding rate; the value is 12 days of what all of them sell.
    numbers = np.random.default_rng(2)
    prices, rate = numbers.uniform(1, 30, 200), numbers.uniform(0.5, 20, 200)
    terms = {
        "unit_cost": prices,
        "pack_size_units": np.ones(200),
        "first_step_units": np.ones(200),
        "max_added_units": np.full(200, 9999.0),
        "early_days": np.zeros(200),
        "demand_per_day_units": rate,
        "holding_cost_per_unit_day": prices * 0.25 / 365,
    }
    missing = 12 * float(prices @ rate)
    added = vm.cheapest_fill(missing, **terms)
    assert np.abs(added - 12 * rate).max() <= 2
    # A tiny bit above the bound of fractional packs.
    assert cost_of(added, terms) <= cost_of(12 * rate, terms) * 1.001
    assert added.tolist() == vm.cheapest_fill(missing, **terms).tolist()


def test_what_early_units_cost_by_hand():
    # 60 of value in six units at 2 a day: 6 x 3 / 2 days at .01.
    (row,) = vm.vendor_fills(pd.DataFrame([candidate()])).to_dict("records")
    assert row["added_units"] == 6
    assert row["added_value"] == 60
    assert row["added_holding_cost"] == pytest.approx(0.09)


def test_targets_and_locations_are_filled_by_themselves():
    rows = [
        candidate(),
        candidate("Q", demand_per_day_units=0.1),
        candidate(fill_target="free_freight", missing_value=200.0),
        candidate(location_id="L2", max_added_units=5.0),
    ]
    found = vm.vendor_fills(pd.DataFrame(rows)).set_index(vm.ORDER_KEYS)
    assert found["added_value"].to_dict() == {
        ("V1", "L1", "minimum"): 60.0,
        ("V1", "L1", "free_freight"): 200.0,
    }
    assert (found["product_id"] == "P").all()


def test_a_minimum_of_a_line_is_kept():
    rows = [candidate(first_step_units=8.0), candidate("Q", early_days=90.0)]
    found = vm.vendor_fills(pd.DataFrame(rows)).set_index("product_id")["added_units"]
    assert found.to_dict() == {"P": 8.0}


@pytest.mark.parametrize(
    "changes",
    [
        {"demand_per_day_units": 0.0},
        {"holding_cost_per_unit_day": None},
        {"missing_value": 0.0},
        {"early_days": -1.0},
    ],
)
def test_what_is_missing_or_impossible_is_refused(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        vm.vendor_fills(pd.DataFrame([candidate(**changes)]))


def test_no_order_is_an_empty_typed_table():
    empty = pd.DataFrame([candidate()]).iloc[:0]
    assert frames.to_table(vm.vendor_fills(empty), vm.OUTPUT_SCHEMA).num_rows == 0
