import numpy as np
import pytest
from golden import macros
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import abc_classes as classification
from oracles import stock_status, valuation


def test_stock_that_came_and_went_counts():
    # Two of seven days held 100 at 10 each: 2000 / 7. First and last day held none.
    found = valuation.turnover_from_ledger(
        unit_cost=10, daily_closing_units=[0, 0, 0, 100, 100, 0, 0], cogs=1000
    )
    assert found.average_inventory_value == pytest.approx(2000 / 7)
    assert found.inventory_turnover == pytest.approx(1000 * 365 / 7 / (2000 / 7))
    assert np.isnan(found.begin_end_turnover)


def test_nothing_sold_turns_zero_times_and_lasts_no_number_of_days():
    found = valuation.turnover_from_ledger(
        unit_cost=2, daily_closing_units=[5, 5], cogs=0
    )
    assert found.inventory_turnover == 0
    assert np.isnan(found.days_on_hand)


def test_negative_stock_counts_as_zero():
    found = valuation.turnover_from_ledger(
        unit_cost=1, daily_closing_units=[-10, 10], cogs=1
    )
    assert found.average_inventory_value == 5


def test_no_day_gives_no_number():
    found = valuation.turnover_from_ledger(unit_cost=1, daily_closing_units=[], cogs=1)
    assert np.isnan(list(found)).all()


@settings(deadline=None, max_examples=60)
@given(st.floats(1, 1e6), st.floats(1, 1e6), st.integers(1, 730))
def test_turnover_times_days_on_hand_is_a_year(cogs, value, days):
    basics = {"cogs": cogs, "average_inventory_value": value, "ledger_days": days}
    turns = valuation.inventory_turnover(**basics)
    assert turns * valuation.days_on_hand(**basics) == pytest.approx(365)


@settings(deadline=None, max_examples=60)
@given(st.floats(1, 1e6), st.floats(0.1, 0.9), st.floats(1, 1e6))
def test_gmroi_is_margin_over_cost_share_times_turns(sales, margin, value):
    cogs = sales * (1 - margin)
    turns = valuation.inventory_turnover(
        cogs=cogs, average_inventory_value=value, ledger_days=90
    )
    found = valuation.gross_margin_return(
        net_sales=sales, cogs=cogs, average_inventory_value=value, days=90
    )
    assert found.gmroi == pytest.approx(margin / (1 - margin) * turns)


def test_negative_value_holds_nothing_and_is_flagged():
    found = valuation.holding_cost(
        average_inventory_value=-500, annual_rates={"capital": 0.1}, days=365
    )
    assert found.holding_cost == 0
    assert found.is_negative_value


def test_components_add_to_the_holding_cost():
    found = valuation.holding_cost(
        average_inventory_value=1000,
        annual_rates={"capital": 0.1, "storage": 0.05, "obsolescence": 0.07},
        days=91,
        days_per_year=360,
    )
    assert sum(found.by_component.values()) == pytest.approx(found.holding_cost)
    # 1000 x 0.22 x 91 / 360
    assert found.holding_cost == pytest.approx(55.6111, abs=1e-4)


def test_dominant_item_is_a():
    # inventorize and supplychainpy call an item with 98 % of the value C.
    classes = classification.abc_classes({"x": 1000, "y": 20})
    assert classes == {"x": "A", "y": "C"}


VALUES = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3), st.integers(-50, 1000), max_size=12
)


@settings(deadline=None, max_examples=60)
@given(VALUES)
def test_abc_covers_the_cut_with_as_few_items_as_it_takes(values):
    classes = classification.abc_classes(values, a_cut=0.8, b_cut=0.95)
    assert classes.keys() == values.keys()
    total = sum(value for value in values.values() if value > 0)
    in_a = [values[key] for key, label in classes.items() if label == "A"]
    if total:
        assert sum(in_a) >= 0.8 * total - 1e-6
        assert sum(in_a) - min(in_a) < 0.8 * total
    else:
        assert not in_a
    assert all(classes[key] == "C" for key, value in values.items() if value <= 0)


@settings(deadline=None, max_examples=60)
@given(VALUES)
def test_abc_macro_agrees(values):
    row = {"values": values, "a_cut": 0.8, "b_cut": 0.95}
    if values:
        assert macros.evaluate("abc", row) == classification.abc_classes(values)


def test_cut_met_up_to_rounding():
    # Eight of ten equal items hold 0.8 before the ninth, which is therefore B.
    values = {str(number): 0.1 for number in range(10)}
    classes = classification.abc_classes(values)
    assert [classes[str(number)] for number in range(7, 10)] == ["A", "B", "B"]


def test_cuts_must_be_ordered():
    with pytest.raises(ValueError, match="cuts"):
        classification.abc_classes({"a": 1}, a_cut=0.9, b_cut=0.8)


@pytest.mark.parametrize(
    ("series", "label"),
    [([7], "Z"), ([], "Z"), ([0, 0], "Z"), ([3, 3], "X"), ([0, 10], "Z")],
)
def test_xyz(series, label):
    assert classification.xyz_class(series).xyz_class == label


def test_xyz_macro_on_its_cuts():
    found = macros.column("xyz_class", [0.5, 0.500001, 1.0, 1.000001, None])
    assert found == ["X", "Y", "Y", "Z", "Z"]


def row(**changes):
    values = {
        "available": 60.0,
        "daily_forecast": 5.0,
        "lead_time": 10.0,
        "next_receipt_in_days": None,
        "safety_stock": 20.0,
        "replenishment_cycle_stock": 50.0,
        "on_order": 0.0,
    }
    return values | changes


STATUSES = [
    (row(available=0.0), "stocked_out", 50),
    (row(available=-9.0, next_receipt_in_days=4.0), "stocked_out", 20),
    (row(available=30.0), "potential_stock_out", 20),
    (row(available=30.0, next_receipt_in_days=4.0), "ok", 0),
    (row(available=71.0), "excess", 1),
    # 60 + 100 - 50 until it arrives is 110, 40 above 70.
    (row(on_order=100.0), "surplus_orders", 40),
    (row(on_order=60.0), "ok", 0),
    (row(daily_forecast=0.0), "dead", 60),
    (row(daily_forecast=0.0, available=0.0), "no_demand", 0),
    (row(lead_time=None), None, None),
    (row(daily_forecast=None), None, None),
    (row(available=None), None, None),
]


@pytest.mark.parametrize(("inputs", "status", "units"), STATUSES)
def test_status(inputs, status, units):
    found = stock_status.stock_status(
        available_units=inputs["available"],
        daily_forecast_units=inputs["daily_forecast"],
        lead_time_days=inputs["lead_time"],
        next_receipt_days=inputs["next_receipt_in_days"],
        safety_stock_units=inputs["safety_stock"],
        cycle_stock_units=inputs["replenishment_cycle_stock"],
        on_order_units=inputs["on_order"],
    )
    assert found.stock_status == status
    if units is None:
        assert np.isnan(found.status_units)
    else:
        assert found.status_units == units


def test_status_macros():
    texts = macros.rendered()
    expressions = {name: texts[name] for name in ("stock_status", "stock_status_units")}
    found = macros.select(
        expressions, macros.doubles(*row()), [inputs for inputs, _, _ in STATUSES]
    )
    assert [tuple(each.values()) for each in found] == [
        (status, units) for _, status, units in STATUSES
    ]


@settings(deadline=None, max_examples=60)
@given(st.floats(0.01, 100), st.lists(st.floats(0, 20), max_size=20))
def test_cover_uses_exactly_the_stock(on_hand, forecast):
    found = stock_status.forward_cover(
        on_hand_units=on_hand, daily_forecast_units=forecast
    )
    if not found.is_exhausted_within_horizon:
        assert sum(forecast) < on_hand
        assert np.isnan(found.cover_days)
        assert found.lower_bound_days == len(forecast)
        return
    share = np.clip(found.cover_days - np.arange(len(forecast)), 0, 1)
    assert share @ np.array(forecast) == pytest.approx(on_hand)
    macro = macros.evaluate(
        "forward_cover_days", {"on_hand": on_hand, "daily_forecast": forecast}
    )
    assert macro["cover_days"] == pytest.approx(found.cover_days)


def test_ten_tenths_last_ten_days():
    found = stock_status.forward_cover(on_hand_units=1, daily_forecast_units=[0.1] * 10)
    assert found.cover_days == pytest.approx(10)


def test_nothing_on_hand_lasts_no_time():
    found = stock_status.forward_cover(on_hand_units=0, daily_forecast_units=[0, 0])
    assert found == (0.0, 0.0, True)
