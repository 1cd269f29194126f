from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_series import requirement, residuals_of, steady

from restock import frames
from restock.replenishment.orders import open_orders as oo


def line(po_line_id: str, product: str = "P", **changes) -> dict:
    return {
        "po_line_id": po_line_id,
        "location_id": "L1",
        "product_id": product,
        "open_units": 10.0,
        "on_hand_units": 12.0,
        "receipt_periods": 2.0,
        "soonest_periods": 0.0,
        **changes,
    }


def played(*lines: dict, needs=None, spread: bool = False, orders=None) -> pd.DataFrame:
    shape = (60, 4)
    drawn = np.random.default_rng(5).poisson(8, size=shape).astype(float)
    actual = drawn if spread else np.full(shape, 8.0)
    needs = needs or [requirement()]
    return oo.late_receipts(
        steady({need["product_id"]: [8.0] * 4 for need in needs}),
        residuals_of(np.full(shape, 8.0), actual),
        pd.DataFrame(needs),
        pd.DataFrame(lines, columns=list(line("x"))),
        orders,
        n_paths=300,
        seed=1,
    ).set_index("po_line_id")


def test_certain_demand_by_hand():
    # 8 a period, 12 on hand: 4 of two periods are lost before A comes, and A could
    # serve them. A's 10 last a period and leave 2; of the next 8, 6 are lost.
    found = played(line("A"), line("B", receipt_periods=4.0))
    assert found["expected_short_units"].tolist() == pytest.approx([4.0, 6.0], rel=0.02)
    assert found["stockout_probability"].tolist() == [1.0, 1.0]
    assert found["expected_stock_units"].tolist() == pytest.approx([0.0, 0.0])


def test_an_order_of_today_serves_before_a_line_that_comes_later():
    # An empty shelf, 8 a period, the line after 4: it would serve 8 x 4 = 32. With an
    # order of 20 after one period the 8 before it and the 4 beyond its 20 remain.
    far = line("A", on_hand_units=0.0, open_units=60.0, receipt_periods=4.0)
    order = {"location_id": "L1", "product_id": "P", "order_qty_units": 20.0}
    orders = pd.DataFrame([order | {"order_receipt_periods": 1.0}])
    assert played(far).loc["A", "expected_short_units"] == pytest.approx(32, rel=0.02)
    served = played(far, orders=orders)
    assert served.index.tolist() == ["A"]
    assert served.loc["A", "expected_short_units"] == pytest.approx(12, rel=0.02)
    # One that comes after the line changes nothing of it.
    later = orders.assign(order_receipt_periods=4.5)
    pd.testing.assert_frame_equal(played(far, orders=later), played(far))


def test_what_is_lost_before_anything_can_come_is_not_saved():
    # Nothing on hand, and 8 lost in the first period whatever is done.
    late = line("A", on_hand_units=0.0, soonest_periods=1.0)
    assert played(late).loc["A", "expected_short_units"] == pytest.approx(8.0, rel=0.02)


def test_a_small_line_leaves_the_rest_to_the_next():
    both = played(
        line("A", on_hand_units=0.0, open_units=3.0),
        line("B", on_hand_units=0.0, receipt_periods=3.0, open_units=99.0),
    )
    # 16 are lost before A, which could serve 3; then 5 of 8 more.
    assert both["expected_short_units"].tolist() == pytest.approx([3.0, 18.0], rel=0.02)


def test_a_line_in_time_is_too_late_for_nothing():
    found = played(line("A", on_hand_units=40.0), spread=True)
    assert found.loc["A", "stockout_probability"] == 0
    assert found.loc["A", "expected_short_units"] == 0
    assert found.loc["A", "expected_stock_units"] == pytest.approx(24, abs=1)


@given(
    st.lists(
        st.lists(st.floats(0, 20), min_size=3, max_size=3), min_size=1, max_size=6
    ),
    st.lists(st.floats(0, 20), min_size=3, max_size=3),
    st.floats(0, 30),
)
@settings(max_examples=100, deadline=None)
def test_units_are_conserved_and_an_early_line_sells_what_is_promised(
    demand, units, on_hand
):
    demand, units = np.array(demand), np.array(units)
    start = np.full(len(demand), on_hand)
    lost, short, found = oo.play_receipts(demand, start, units)
    assert (short >= 0).all()
    assert (short <= units + 1e-9).all()
    assert (found >= 0).all()
    assert (lost | (found >= 0)).all()
    # If all came at once, no more than what is called short would be sold before the
    # last receipt on top of what is sold now.
    sold_now = start + units[:2].sum() - found[:, -1]
    sold_early = np.minimum(start + units.sum(), demand.sum(axis=1))
    assert (sold_early <= sold_now + short.sum(axis=1) + 1e-9).all()


def test_what_is_unknown_stays_unknown():
    found = played(
        line("A", on_hand_units=None),
        line("B", product="Q", receipt_periods=9.0),
        line("C", product="R"),
        needs=[requirement("P"), requirement("Q")],
    )
    assert found.index.tolist() == ["A", "B", "C"]
    assert found.isna().all(axis=None)


def test_two_lines_of_one_name_are_refused():
    with pytest.raises(ValueError, match="po_line_id occurs twice"):
        played(line("A"), line("A"))


def test_no_open_line_is_an_empty_typed_table():
    empty = played().reset_index()
    assert frames.to_table(empty, oo.OUTPUT_SCHEMA).num_rows == 0
