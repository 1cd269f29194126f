"""What is on the way: parts, far, late and forgotten orders, worked out by hand."""

import handmade
import numpy as np
import pandas as pd
import pytest
import warehouse

STORES = ("S1", "S2")
AS_OF = pd.Timestamp("2024-03-31")  # A Sunday.
DAYS = 26 * 7
DATES = pd.date_range(end=AS_OF, periods=DAYS)
# Vendor, units a day, on hand on the as-of date.
PRODUCTS = {
    "FAR": ("FAR", 5 / 7, 0),
    "NEAR": ("FAR", 5 / 7, 0),
    "PARTIAL": ("PARTS", 1, 90),
    "SPLIT": ("SPLIT", 1, 90),
    "SHORT": ("PARTS", 1, 90),
    "CLOSED": ("PARTS", 1, 90),
    "REST": ("SPLIT", 1, 90),
    "FORGOTTEN": ("STALE", 1, 0),
    "USUAL": ("FRESH", 1, 0),
    "MISTYPED": ("TYPO", 1, 0),
    "LATE": ("MIXED", 1, 20),
}
STATED_DAYS = {"FAR": 14}


def line(product, number, ordered, units, **more):
    """One row of the purchases file."""
    return {
        "po_id": f"PO-{product}-{number}",
        "vendor_id": PRODUCTS[product][0],
        "location_id": "S1",
        "product_id": product,
        "ordered_date": ordered,
        "units": units,
        "unit_cost": 5.0,
        **more,
    }


def received(product, number, ordered, days, units=20, **more):
    """A line received whole after some days."""
    came = pd.Timestamp(ordered) + pd.Timedelta(days=days)
    return line(
        product,
        number,
        ordered,
        units,
        received_date=str(came.date()),
        received_units=units,
        **more,
    )


def purchases():
    """All order lines of the chain."""
    months = pd.date_range("2022-10-03", periods=16, freq="MS").strftime("%Y-%m-%d")
    rows = [
        # Half a year away, and near: an empty shelf must be filled before.
        line("FAR", 1, "2024-03-25", 60, expected_date="2024-09-22"),
        line("NEAR", 1, "2024-03-25", 60, expected_date="2024-04-08"),
        # Received and in the count, with no date as the line is not complete.
        line("PARTIAL", 1, "2024-03-25", 100, received_units=60),
        # The ordered units stand on every receipt.
        line("SPLIT", 1, "2024-03-04", 100)
        | {"received_date": "2024-03-07", "received_units": 60},
        line("SPLIT", 1, "2024-03-04", 100)
        | {"received_date": "2024-03-11", "received_units": 40},
        line("REST", 1, "2024-03-18", 120)
        | {"received_date": "2024-03-21", "received_units": 50},
        line("REST", 1, "2024-03-18", 120)
        | {"received_date": "2024-03-25", "received_units": 30},
        line("SHORT", 1, "2024-03-18", 100)
        | {"received_date": "2024-03-25", "received_units": 60},
        line("CLOSED", 1, "2024-03-18", 100)
        | {
            "received_date": "2024-03-25",
            "received_units": 60,
            "is_cancelled": "true",
        },
    ]
    for product in ("FORGOTTEN", "USUAL", "MISTYPED"):
        rows += [received(product, n, month, 14) for n, month in enumerate(months)]
    rows += [
        # 741 days ago, and a receipt dated next year: open today.
        line("FORGOTTEN", 99, "2022-03-21", 60),
        line("MISTYPED", 98, "2023-07-10", 60)
        | {"received_date": "2025-07-24", "received_units": 60},
        # A receipt a year after an order that it cannot belong to.
        received("MISTYPED", 97, "2023-01-05", 379),
    ]
    # Eight come after 10 days, four after 20, four after 30.
    for n, (month, days) in enumerate(
        zip(months, [10] * 8 + [20] * 4 + [30] * 4, strict=True)
    ):
        rows.append(received("LATE", n, month, days))
    # 15 days old: of those as old half took 5 more, half 15.
    rows.append(line("LATE", 99, "2024-03-16", 8, expected_date="2024-03-26"))
    return rows


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    sold = [
        {
            "location_id": store,
            "product_id": product,
            "sale_date": date.date(),
            "units": units,
        }
        for store in STORES
        for product, (_, rate, _) in PRODUCTS.items()
        for date, units in zip(
            DATES, np.diff(np.floor(np.arange(DAYS + 1) * rate)), strict=True
        )
        if units
    ]
    raw = handmade.write_tables(
        tmp_path_factory.mktemp("on_the_way"),
        products=[
            {
                "product_id": product,
                "description": product,
                "vendor_id": vendor,
                "unit_cost": 5.0,
                "unit_price": 9.0,
            }
            for product, (vendor, _, _) in PRODUCTS.items()
        ],
        locations=[{"location_id": s, "location_name": s} for s in STORES],
        vendors=[
            {
                "vendor_id": vendor,
                "vendor_name": vendor,
                "lead_time_days": STATED_DAYS.get(vendor),
                "review_days": 7,
            }
            for vendor in sorted({vendor for vendor, _, _ in PRODUCTS.values()})
        ],
        sales=sold,
        stock_counts=[
            {
                "location_id": store,
                "product_id": product,
                "count_date": AS_OF.date(),
                "units": on_hand if store == "S1" else 20,
            }
            for store in STORES
            for product, (_, _, on_hand) in PRODUCTS.items()
        ],
        purchase_order_lines=purchases(),
    )
    return warehouse.build(
        tmp_path_factory.mktemp("on_the_way_build"),
        raw,
        "--select",
        "+fct_data_exceptions",
        "+fct_vendor_scorecards",
        "+fct_purchase_order_exceptions",
        "+fct_scenario_orders",
        "+fct_decision_ledger",
        # Tests of tables that are not built here are left out.
        *("--indirect-selection", "buildable"),
        *warehouse.WITH_DATA_TESTS,
        source_system="generic",
    )


@pytest.fixture(scope="module")
def recommended(built):
    frame = built.table("marts.fct_reorder_recommendations")
    return frame[frame["location_id"] == "S1"].set_index("product_id")


@pytest.fixture(scope="module")
def lead_times(built):
    frame = built.table("intermediate.int_lead_times")
    return frame[frame["location_id"] == "S1"].set_index("product_id")


def exceptions(built, rule):
    frame = built.table("marts.fct_data_exceptions")
    return frame[frame["rule"] == rule].set_index("product_id")


def test_a_far_receipt_does_not_hide_an_empty_shelf(built, recommended):
    # 3 weeks of 5 are to be protected; 60 come in 25 weeks.
    far = recommended.loc["FAR"]
    assert far["on_order_units"] == 60
    assert far["on_order_in_time_units"] == 0
    assert far["inventory_position_units"] == 0
    assert far["addend_on_order_units"] == 0
    assert far["order_qty_units"] > 0
    assert far["order_by_date"] == AS_OF
    assert far["expected_stockout_date"] == AS_OF + pd.Timedelta(days=1)
    assert "0 on order" in far["explanation"]
    assert "another 60 on order will come too late" in far["explanation"]
    near = recommended.loc["NEAR"]
    assert near["inventory_position_units"] == 60
    assert near["order_qty_units"] == 0


def test_every_mart_tells_the_same_position(built, recommended):
    scenarios = built.table("marts.fct_scenario_orders").query(
        "scenario == 'base' and location_id == 'S1'"
    )
    orders = scenarios.set_index("product_id")["order_qty_units"]
    assert orders.to_dict() == recommended["proposed_qty_units"].to_dict()
    ledger = built.table("marts.fct_decision_ledger").query("location_id == 'S1'")
    ledger = ledger.set_index("product_id")
    for name in (
        "on_order_units",
        "on_order_in_time_units",
        "inventory_position_units",
    ):
        assert ledger[name].to_dict() == recommended[name].to_dict(), name


def test_received_units_without_a_date_have_come(built, recommended):
    assert recommended.loc["PARTIAL", "on_order_units"] == 40
    assert recommended.loc["PARTIAL", "inventory_position_units"] == 130
    (detail,) = exceptions(built, "receipt without a date")["detail"]
    assert "60 of 100 units" in detail


def test_repeated_ordered_units_are_one_line(built, recommended):
    lines = built.table("marts.fct_purchase_order_lines").set_index("po_id")
    split = lines.loc["PO-SPLIT-1"]
    assert split["ordered_units"].tolist() == [60, 40]
    assert not split["is_open"].any()
    assert recommended.loc["SPLIT", "on_order_units"] == 0
    # 120 ordered, 50 and 30 received.
    rest = lines.loc["PO-REST-1"]
    assert rest["ordered_units"].sum() == 120
    assert recommended.loc["REST", "on_order_units"] == 40
    card = built.table("marts.fct_vendor_scorecards").set_index("vendor_id")
    assert card.loc["SPLIT", "fill_rate"] == 1
    assert card.loc["SPLIT", "in_full_rate"] == 1
    assert card.loc["SPLIT", ["closed_line_count", "open_line_count"]].tolist() == [
        1,
        1,
    ]


def test_a_short_receipt_leaves_the_rest_open_until_closed(built, recommended):
    assert recommended.loc["SHORT", "on_order_units"] == 40
    assert recommended.loc["CLOSED", "on_order_units"] == 0
    # Of the closed line 60 of 100 came.
    card = built.table("marts.fct_vendor_scorecards").set_index("vendor_id")
    assert card.loc["PARTS", "fill_rate"] == 0.6


def test_a_forgotten_line_moves_nothing_and_is_named(built, recommended, lead_times):
    assert lead_times.loc["FORGOTTEN", "lead_time_mean_days"] == 14
    assert lead_times.loc["FORGOTTEN", "lead_time_sd_days"] == 0
    # As its twin without the line, but for the draws of its own.
    assert recommended.loc["FORGOTTEN", "on_order_units"] == 0
    for name in ("reorder_point_units", "order_qty_units"):
        usual = recommended.loc["USUAL", name]
        assert recommended.loc["FORGOTTEN", name] == pytest.approx(usual, abs=5)
    row = exceptions(built, "order line dead").loc["FORGOTTEN"]
    assert "60 units open for 741 days, where 14 are usual" in row["detail"]
    # (16 x 14 + 741) / 17 is 56.8 days.
    assert "position would be 60 units higher" in row["effect"]
    assert "would be 56.8 days" in row["effect"]
    judged = built.table("marts.fct_purchase_order_exceptions").set_index("product_id")
    assert judged.loc["FORGOTTEN", "proposed_action"] == "close"


def test_a_mistyped_receipt_moves_nothing_and_is_named(built, recommended, lead_times):
    assert lead_times.loc["MISTYPED", "lead_time_mean_days"] == 14
    assert lead_times.loc["MISTYPED", "lead_time_sd_days"] == 0
    assert recommended.loc["MISTYPED", "on_order_units"] == 0
    usual = recommended.loc["USUAL", "reorder_point_units"]
    assert recommended.loc["MISTYPED", "reorder_point_units"] == pytest.approx(
        usual, abs=3
    )
    # A receipt more than a year after its order is a slip: the row is refused.
    refused = built.table("inputs.input_rejects")
    refused = refused[refused["column_name"] == "received_date"]
    assert sorted(refused["rejected_value"]) == ["2024-01-19", "2025-07-24"]


def test_a_late_line_comes_when_others_of_its_age_came(built, recommended):
    lines = built.table("marts.fct_purchase_order_lines")
    late = lines[(lines["product_id"] == "LATE") & lines["is_open"]].iloc[0]
    # Half after 5 more days, half after 15; the line itself is one at risk till then.
    assert late["is_late"]
    assert late["expected_receipt_date"] == AS_OF + pd.Timedelta(days=10)
    assert recommended.loc["LATE", "on_order_in_time_units"] == 8
