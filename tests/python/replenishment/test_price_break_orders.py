from __future__ import annotations

import pandas as pd
import pytest

from restock import frames
from restock.replenishment.orders import price_break_orders as pbo


def order(product: str = "P", **changes) -> dict:
    return {
        "scenario": "base",
        "unit_cost_multiplier": 1.0,
        "location_id": "L1",
        "product_id": product,
        "order_qty_units": 54.0,
        "max_order_units": 1200.0,
        "pack_size_units": 6.0,
        "annual_demand_units": 1200.0,
        "order_cost": 9.0,
        "holding_cost_rate_per_year": 0.25,
        **changes,
    }


def ladder(product: str = "P", *, is_incremental: bool = False) -> list[dict]:
    return [
        {
            "product_id": product,
            "min_units": start,
            "unit_cost": price,
            "is_incremental": is_incremental,
        }
        for start, price in ((150, 9.0), (0, 10.0), (60, 9.5))
    ]


def raised(orders: list[dict], bands: list[dict]) -> pd.DataFrame:
    return pbo.price_break_orders(
        pd.DataFrame(orders, columns=list(order())),
        pd.DataFrame(bands, columns=list(ladder()[0])),
    )


def test_an_order_is_raised_where_the_discount_pays():
    # 12,267.50 a year in orders of 54, 11,040.75 in orders of 150.
    (row,) = raised([order()], ladder()).to_dict("records")
    assert row["order_qty_units"] == 150
    assert row["order_value"] == 1350
    assert row["annual_saving_value"] == pytest.approx(1226.75)


def test_the_dearer_units_are_paid_first_where_breaks_are_incremental():
    (row,) = raised([order()], ladder(is_incremental=True)).to_dict("records")
    # 60 at 10, 90 at 9.5, the rest at 9.
    assert row["order_qty_units"] > 150
    assert row["order_value"] == pytest.approx(
        600 + 855 + 9 * (row["order_qty_units"] - 150)
    )


def test_an_order_that_earns_a_break_anyway_pays_it():
    (row,) = raised(
        [order(order_qty_units=60.0, max_order_units=60.0)], ladder()
    ).to_dict("records")
    assert row["order_value"] == 570
    assert row["annual_saving_value"] == 0


def test_without_a_holding_rate_nothing_is_raised():
    (row,) = raised([order(holding_cost_rate_per_year=None)], ladder()).to_dict(
        "records"
    )
    assert row["order_qty_units"] == 54
    assert row["order_value"] == 540


def test_products_without_a_break_have_no_row():
    found = raised([order("Q"), order("P")], [*ladder(), ladder("Q")[1]])
    assert found["product_id"].tolist() == ["P"]


def test_nothing_to_order_is_an_empty_typed_table():
    table = frames.to_table(raised([], ladder()), pbo.OUTPUT_SCHEMA)
    assert table.num_rows == 0
