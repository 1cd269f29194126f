from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restock.inventory import quantity_discounts as qd

GOLDEN = Path(__file__).parents[2] / "fixtures" / "golden_kpis.csv"
KINDS = {"eoq_all_unit_discount": False, "eoq_incremental_discount": True}

PRICED = {
    "pack_size_units": 6,
    "annual_demand_units": 1200.0,
    "order_cost": 9.0,
    "holding_rate_per_year": 0.25,
    "breakpoints_units": [0, 60, 150],
    "unit_prices": [10.0, 9.5, 9.0],
}


def value(quantity, terms, is_incremental):
    """What a quantity costs, unit band by unit band."""
    breaks, prices = terms["breakpoints_units"], terms["unit_prices"]
    if not is_incremental:
        return quantity * prices[np.searchsorted(breaks, quantity, side="right") - 1]
    ends = [*breaks[1:], np.inf]
    return sum(
        price * max(min(quantity, end) - start, 0)
        for start, end, price in zip(breaks, ends, prices, strict=True)
    )


def yearly_cost(quantity, terms, is_incremental):
    paid = value(quantity, terms, is_incremental)
    orders = terms["annual_demand_units"] / quantity
    held = terms["holding_rate_per_year"] * paid / 2
    return (terms["order_cost"] + paid) * orders + held


def goldens():
    table = pd.read_csv(GOLDEN)
    rows = table[table["kpi"].isin(list(KINDS))].to_dict("records")
    return [pytest.param(row, id=row["case"]) for row in rows]


@pytest.mark.parametrize("row", goldens())
def test_small_packs_reach_the_golden_lots(row):
    # The least need, in the finest packs, ends at the textbook's lot where that is in a
    # higher band than the need; never below its cost, and at it in that case.
    given_, expected = json.loads(row["inputs"]), json.loads(row["expected"])
    best = expected["q"] or 0.0
    breaks = given_["breakpoints"]
    if best < breaks[min(1, len(breaks) - 1)] or best <= 0:
        pytest.skip("the lot is in the first band, where a need stands as it is")
    found = qd.discount_order(
        order_qty_units=0.001,
        max_order_units=1e9,
        pack_size_units=0.001,
        annual_demand_units=given_["annual_demand"],
        order_cost=given_["order_cost"],
        holding_rate_per_year=given_["holding_rate"],
        breakpoints_units=breaks,
        unit_prices=given_["unit_prices"],
        is_incremental=KINDS[row["kpi"]],
    )
    assert found.order_qty_units == pytest.approx(best, abs=0.002)
    assert found.annual_total_cost == pytest.approx(
        expected["annual_total_cost"], rel=1e-6
    )


@settings(deadline=None, max_examples=300)
@given(
    st.integers(1, 8),
    st.integers(1, 25),
    st.integers(0, 60),
    st.lists(st.integers(1, 120), min_size=1, max_size=3, unique=True),
    st.lists(st.integers(1, 40), min_size=4, max_size=4),
    st.floats(0, 60),
    st.floats(0.01, 3),
    st.floats(1, 3000),
    st.booleans(),
)
def test_no_quantity_of_a_higher_band_is_cheaper(
    pack, packs, room, breaks, prices, order_cost, rate, demand, is_incremental
):
    terms = {
        "order_cost": order_cost,
        "annual_demand_units": demand,
        "holding_rate_per_year": rate,
        "breakpoints_units": [0, *sorted(breaks)],
        "unit_prices": [float(price) for price in prices[: len(breaks) + 1]],
    }
    need, most = pack * packs, pack * packs + room
    found = qd.discount_order(
        order_qty_units=need,
        max_order_units=most,
        pack_size_units=pack,
        is_incremental=is_incremental,
        **terms,
    )
    above = min([b for b in breaks if b > need], default=np.inf)
    options = [need, *(q for q in range(need, most + 1, pack) if q >= above)]
    best = min(yearly_cost(q, terms, is_incremental) for q in options)
    assert found.order_qty_units in options
    assert found.annual_total_cost == pytest.approx(best)
    assert found.order_value == pytest.approx(
        value(found.order_qty_units, terms, is_incremental)
    )


def test_a_discount_that_pays_raises_the_order_to_its_pack():
    # (9 + 54 x 10) 1200 / 54 + .25 x 540 / 2 = 12,267.50 against, with 25 packs of 6,
    # (9 + 150 x 9) 1200 / 150 + .25 x 1350 / 2 = 11,040.75.
    found = qd.discount_order(
        order_qty_units=54, max_order_units=1200, is_incremental=False, **PRICED
    )
    assert found == pytest.approx((150, 1350, 11040.75))


def test_without_room_or_demand_the_need_stands():
    for changes in ({"max_order_units": 59}, {"annual_demand_units": 0.0}):
        arguments = {"max_order_units": 1200, **PRICED, **changes}
        found = qd.discount_order(order_qty_units=54, is_incremental=False, **arguments)
        assert found.order_qty_units == 54


def test_what_is_no_order_is_refused():
    with pytest.raises(ValueError, match="above zero units; got 0"):
        qd.discount_order(
            order_qty_units=0, max_order_units=9, is_incremental=False, **PRICED
        )
    with pytest.raises(ValueError, match="below the first band"):
        qd.order_value(
            5, breakpoints_units=[10], unit_prices=[1.0], is_incremental=False
        )
