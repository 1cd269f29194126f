"""What an edit does to orders: lines, totals, words."""

import numpy as np
import pandas as pd
import pytest
from simulated_series import requirement, residuals_of, steady

from restock.replenishment import impact


def orders(**quantities):
    """One row per product; the value of a unit is 2, the first addend the quantity."""
    quantity = np.array(list(quantities.values()), dtype=float)
    return pd.DataFrame(
        {
            "location_id": "L1",
            "product_id": list(quantities),
            "order_qty_units": quantity,
            "order_value": 2 * quantity,
            "addend_demand_units": quantity,
            "addend_on_hand_units": 0.0,
        }
    )


def test_lines_that_change_come_largest_first():
    base = orders(same=5, more=5, less=9, gone=1, found=np.nan, lost=np.nan)
    edit = orders(same=5, more=8, less=2, new=4, found=0, lost=np.nan)
    changes = impact.order_changes(base, edit).set_index("product_id")
    assert changes["change_units"].to_dict() == {
        "less": -7,
        "new": 4,
        "more": 3,
        "gone": -1,
        "found": 0,
    }
    assert list(changes.index[:3]) == ["less", "new", "more"]
    assert changes["change_value"].to_dict() == (2 * changes["change_units"]).to_dict()
    assert changes["addend_demand_units"].equals(changes["change_units"])
    assert np.isnan(changes.loc["found", "base_qty_units"])


def test_an_addend_that_the_base_does_not_have_counts_as_zero():
    base = orders(a=5).drop(columns="addend_on_hand_units")
    edit = orders(a=6).assign(addend_override_units=1.0)
    changes = impact.order_changes(base, edit)
    assert changes["addend_override_units"].to_list() == [1.0]


def test_a_missing_column_is_named():
    with pytest.raises(KeyError, match="order_value"):
        impact.order_changes(orders(a=1), orders(a=1).drop(columns="order_value"))


def plan(quantity, *, demand=10.0):
    """Demand of `demand` a period, certain: 30 in the three of the interval."""
    forecast = np.full(6, demand)
    return impact.Plan(
        orders=orders(P=quantity),
        forecasts=steady({"P": list(forecast)}),
        residuals=residuals_of(forecast, np.tile(forecast, (40, 1))),
        requirements=pd.DataFrame(
            [requirement("P", lot_units=10.0) | {"order_cost": 6.0}]
        ),
    )


def test_totals_judge_both_orders_in_the_demand_of_both():
    plans = {"base": plan(10.0), "edit": plan(25.0, demand=20.0)}
    totals = impact.plan_totals(plans, n_paths=50, seed=1).set_index("measure")
    assert totals.loc["lines ordered"].to_list() == [1, 1]
    assert totals.loc["units ordered"].to_list() == [10, 25]
    assert totals.loc["spend"].to_list() == [20, 50]
    # Of 30, 10 are there for 20 of the lead time: 10 are lost, 10 remain to be served.
    # 10 are just that and all used; of 25 15 are left at 0.2 and 10/25 of 6 is due.
    rate = totals.loc["expected fill rate, as the base sees demand"]
    assert rate.to_list() == pytest.approx([2 / 3, 2 / 3], rel=0.01)
    cost = totals.loc["expected cost, as the base sees demand"]
    assert cost.to_list() == pytest.approx(
        [10 + 6, 10 + 15 * 0.2 + 6 * 10 / 25], rel=0.01
    )
    # Of 60, 30 are lost before, 20 remain: 10 of them short, or 5 left.
    rate = totals.loc["expected fill rate, as the edit sees demand"]
    assert rate.to_list() == pytest.approx([20 / 60, 30 / 60], rel=0.01)


def test_the_report_is_markdown_with_the_largest_changes():
    base, edit = orders(**{"a|b": 5, "c": 1}), orders(**{"a|b": 9, "c": 1.5})
    changes = impact.order_changes(base, edit)
    totals = impact.plan_totals(
        {"base": plan(10.0), "edit": plan(12.5)}, n_paths=50, seed=1
    )
    report = impact.report(changes, totals, largest=1)
    assert "| lines changed |  |  | 2 |" in report
    assert "| units ordered | 10 | 12.50 | +2.50 |" in report
    assert "| L1 | a\\|b | 5 | 9 | +8 | +4 |" in report
    # The addend that never moves is left out, and so is the second change.
    assert "on hand" not in report
    assert "| c |" not in report
    nothing = impact.report(changes.iloc[:0], totals)
    assert "Lines whose order changes: 0." in nothing
