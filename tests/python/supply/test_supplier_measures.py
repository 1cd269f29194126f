import inspect

import numpy as np
import pytest
from golden import library, macros
from golden.compare import mismatches, plain
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import lead_times, scorecard

LINES = st.lists(
    st.fixed_dictionaries(
        {
            "ordered": st.integers(0, 50),
            "received": st.none() | st.integers(0, 60),
            "promised_day": st.integers(1, 20),
            "received_day": st.none() | st.integers(1, 25),
            "std_price": st.floats(0.5, 10),
            "invoice_price": st.none() | st.floats(0.5, 10),
        }
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=60)
@given(LINES)
def test_scorecard_macros_agree(lines):
    expected = plain(library.evaluate("supplier_scorecard", {"lines": lines}))
    expected.pop("lines")
    actual = macros.evaluate("supplier_scorecard", {"lines": lines})
    assert not mismatches(expected, actual, relative=1e-9)


def card(**changes):
    values = {
        "ordered_units": [10.0, 10.0],
        "received_units": [10.0, 5.0],
        "promised_day": [3.0, 3.0],
        "received_day": [3.0, 3.0],
        "standard_unit_cost": [2.0, 2.0],
        "invoiced_unit_cost": [2.0, 3.0],
    } | changes
    return scorecard.supplier_scorecard(
        **{name: np.array(value) for name, value in values.items()}
    )


def test_scorecard_by_hand():
    found = card()
    # 15 of 20 units; 5 units at 1 too much, on 10 x 2 + 5 x 2.
    assert found.fill_rate == 0.75
    assert found.price_variance == 5
    assert found.price_variance_rate == pytest.approx(5 / 30)
    assert found.otif_rate == 0.5


def test_over_receipt_of_one_line_does_not_fill_another():
    assert card(received_units=[20.0, 0.0]).fill_rate == 0.5


def test_line_not_received_is_neither_on_time_nor_in_full():
    found = card(received_units=[10.0, np.nan], received_day=[3.0, np.nan])
    assert found.on_time_rate == 0.5
    assert found.in_full_rate == 0.5


def test_no_line_has_no_rate():
    names = inspect.signature(scorecard.supplier_scorecard).parameters
    empty = {name: [] for name in names}
    found = card(**empty)
    assert found.n_lines == 0
    assert np.isnan(list(found)[1:]).all()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0, 90), max_size=12))
def test_lead_time_macros_agree(days):
    row = {"lead_time_days": days}
    expected = plain(library.evaluate("lead_time_stats", row))
    actual = macros.evaluate("lead_time_stats", row)
    covered = {key: expected[key] for key in actual}
    assert not mismatches(covered, actual, relative=1e-9)


def test_one_lead_time_has_no_deviation():
    found = lead_times.lead_time_statistics([5.0])
    assert found.p90_days == 5
    assert np.isnan(found.sd_days)
