"""Chains that could break a build: unknown stays unknown, and is said."""

import datetime
import re

import handmade
import numpy as np
import pandas as pd
import pytest
import warehouse

from restock.sample.writing import write_sample

PAIR = ["location_id", "product_id"]
STORE = "S1"
DAYS = 200
LAST_SALE = pd.Timestamp("2022-09-30")
# Orders are decided ten days after the last sale of all.
AS_OF = pd.Timestamp("2022-10-10")
DATES = pd.date_range(end=LAST_SALE, periods=DAYS)
OPENING = DATES[0] - pd.Timedelta(days=1)


def odd_chain(folder):
    """Write one store whose every product is odd in its own way, and few files."""
    generator = np.random.default_rng(23)
    units = {
        "plain": generator.poisson(4, DAYS),
        "costless": generator.poisson(2, DAYS),
        "priceless": generator.poisson(2, DAYS),
        "negative": np.full(DAYS, 3),
        "returned": generator.poisson(3, DAYS),
        "dropped": np.where(np.arange(DAYS) < 60, 2, 0),
        "uncounted": generator.poisson(2, DAYS),
        "unlisted": generator.poisson(1, DAYS),
    }
    # More came back than was sold: a day of net returns, and one of nothing.
    units["returned"][150:153] = (-4, 0, -1)
    sold = [
        {
            "location_id": STORE,
            "product_id": product,
            "sale_date": date.date(),
            "units": count,
        }
        for product, series in units.items()
        for date, count in zip(DATES, series, strict=True)
        if count
    ]
    # A line of zero units is a legal line.
    sold.append(sold[0] | {"units": 0, "sale_date": DATES[-1].date()})
    opening = {
        "plain": 2000,
        "costless": 1000,
        "priceless": 1000,
        # 600 will be sold: the book goes to 590 - 600 = -10.
        "negative": 590,
        "returned": 2000,
        "dropped": 120,
        "unlisted": 500,
        "never sold": 12,
    }
    listed = [name for name in (*units, "never sold") if name != "unlisted"]
    return handmade.write_tables(
        folder,
        products=[
            {
                "product_id": product,
                "description": product,
                "vendor_id": "V1",
                "unit_cost": "" if product == "costless" else 3.0,
                "unit_price": "" if product == "priceless" else 5.0,
            }
            for product in listed
        ],
        locations=[{"location_id": STORE, "location_name": "Store"}],
        vendors=[{"vendor_id": "V1", "vendor_name": "Vendor"}],
        sales=sold,
        stock_counts=[
            {
                "location_id": STORE,
                "product_id": product,
                "count_date": OPENING.date(),
                "units": count,
            }
            for product, count in opening.items()
        ],
    )


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    return warehouse.build(
        tmp_path_factory.mktemp("odd_build"),
        odd_chain(tmp_path_factory.mktemp("odd")),
        *warehouse.WITH_DATA_TESTS,
        source_system="generic",
        as_of_date=str(AS_OF.date()),
    )


@pytest.fixture(scope="module")
def recommended(odd):
    frame = odd.table("marts.fct_reorder_recommendations")
    return frame.set_index("product_id")


@pytest.fixture(scope="module")
def kpis(odd):
    return odd.table("marts.fct_inventory_kpis").set_index("product_id")


def rules(build, product):
    frame = build.table("marts.fct_data_exceptions")
    return set(frame.loc[frame["product_id"] == product, "rule"])


def test_the_plain_product_is_planned(odd, recommended):
    plain = recommended.loc["plain"]
    assert plain["as_of_date"] == AS_OF
    assert plain["reorder_point_units"] > 0
    assert plain["order_qty_units"] >= 0
    assert not rules(odd, "plain")


def test_days_after_the_last_sale_are_days_without_sales(odd):
    found = odd.row(
        "select max(stock_date) as last, count(distinct stock_date) as n,"
        " sum(sold_units) filter (where stock_date > '2022-09-30') as sold"
        " from marts.fct_stock_daily where product_id = 'plain'"
    )
    assert found == {"last": AS_OF, "n": DAYS + 10, "sold": 0}


def test_without_a_unit_cost_money_is_unknown(odd, kpis, recommended):
    costless = kpis.loc["costless"]
    for column in (
        "unit_cost",
        "cogs",
        "gross_margin",
        "average_inventory_value",
        "inventory_turnover",
        "days_on_hand",
        "holding_cost",
        "gmroi",
        "eoq_units",
        "holding_cost_per_unit_year",
        "on_hand_value",
    ):
        assert pd.isna(costless[column]), column
    assert costless["average_inventory_units"] > 0
    assert costless["sold_units"] > 0
    assert pd.isna(recommended.loc["costless", "order_value"])
    assert rules(odd, "costless") == {"unit cost unknown"}


def test_without_a_unit_price_revenue_is_unknown(odd, kpis):
    priceless = kpis.loc["priceless"]
    for column in ("revenue", "gross_margin", "gmroi"):
        assert pd.isna(priceless[column]), column
    assert priceless["inventory_turnover"] > 0
    assert rules(odd, "priceless") == {"unit price unknown"}


def test_negative_stock_is_shown_and_counts_as_zero(odd, kpis, recommended):
    stock = odd.query(
        "select closing_units from marts.fct_stock_daily"
        " where product_id = 'negative' order by stock_date"
    )
    # 590 - 3 x 197 = -1 on the 197th day, -10 at the end.
    assert stock["closing_units"].iloc[195:198].tolist() == [2, -1, -4]
    assert stock["closing_units"].iloc[-1] == -10
    found = recommended.loc["negative"]
    assert found["on_hand_units"] == 0
    assert found["inventory_position_units"] == 0
    assert found["order_qty_units"] > 0
    assert kpis.loc["negative", "on_hand_units"] == 0
    assert "negative stock" in rules(odd, "negative")


def test_returns_come_back_to_the_shelf_and_are_no_negative_demand(odd):
    stock = odd.query(
        "select opening_units, sold_units, closing_units from marts.fct_stock_daily"
        " where product_id = 'returned' order by stock_date"
    )
    assert stock["sold_units"].iloc[150:153].tolist() == [-4, 0, -1]
    back = stock["closing_units"] - stock["opening_units"]
    assert back.iloc[150:153].tolist() == [4, 0, 1]
    forecasts = odd.query(
        "select min(forecast_units) as least, count(*) as n from marts.fct_forecasts"
        " where product_id = 'returned'"
    )
    assert forecasts["n"].item() > 0
    assert forecasts["least"].item() >= 0


def test_a_product_that_is_merely_empty_is_planned_and_named(odd, recommended, kpis):
    found = recommended.loc["dropped"]
    assert not found["is_discontinued"]
    assert found["order_qty_units"] > 0
    assert kpis.loc["dropped", "life_cycle_state"] == "dormant"
    assert kpis.loc["dropped", "stock_status"] == "stocked_out"
    # 60 of 210 days are known: less than half, so they are not scaled to the others.
    assert kpis.loc["dropped", "annual_demand_units"] == pytest.approx(
        120 * 365 / 210, rel=0.01
    )
    assert rules(odd, "dropped") == {
        "empty and not reordered",
        "outage too long to estimate",
    }


def test_stock_never_counted_is_unknown_and_not_zero(odd, recommended, kpis):
    found = recommended.loc["uncounted"]
    for column in (
        "on_hand_units",
        "inventory_position_units",
        "order_qty_units",
        "order_value",
        "stockout_probability",
        "expected_short_units",
        "expected_lost_margin",
        "expected_stockout_date",
        "priority_rank",
    ):
        assert pd.isna(found[column]), column
    assert "never been counted" in found["explanation"]
    assert found["reorder_point_units"] > 0
    assert rules(odd, "uncounted") == {"stock never counted"}
    for column in ("ledger_days", "inventory_turnover", "on_hand_units", "cogs"):
        assert pd.isna(kpis.loc["uncounted", column]), column
    assert pd.isna(kpis.loc["uncounted", "stock_status"])


def test_an_unlisted_product_is_kept_and_said(odd, kpis):
    assert pd.isna(kpis.loc["unlisted", "unit_cost"])
    assert kpis.loc["unlisted", "sold_units"] > 0
    assert {"product not in master", "unit cost unknown"} <= rules(odd, "unlisted")


def test_stock_that_never_sold_is_stock_without_demand(kpis, recommended):
    found = kpis.loc["never sold"]
    assert found["inventory_turnover"] == 0
    assert pd.isna(found["days_on_hand"])
    assert found["annual_demand_units"] == 0
    assert recommended.loc["never sold", "order_qty_units"] == 0


def test_without_purchases_lead_times_are_the_default_and_said(odd, kpis):
    assert odd.table("marts.fct_purchase_order_lines").empty
    scorecard = odd.table("marts.fct_vendor_scorecards").set_index("vendor_id")
    assert scorecard.loc["V1", "n_receipt_lines"] == 0
    assert pd.isna(scorecard.loc["V1", "lead_time_mean_days"])
    assert pd.isna(scorecard.loc["V1", "freight_rate"])
    assert (kpis["lead_time_rung"] == "default").all()
    found = odd.table("marts.fct_data_exceptions")
    assert "lead time is the default" in set(found["rule"])


def test_every_unknown_quantity_is_an_exception(odd, recommended):
    unknown = recommended.index[recommended["order_qty_units"].isna()]
    found = odd.table("marts.fct_data_exceptions")
    errors = found[found["severity"] == "error"].dropna(subset=["product_id"])
    assert set(unknown) <= set(errors["product_id"])
    assert found[["owner", "effect", "detail"]].notna().all(axis=None)


@pytest.fixture(scope="module")
def shortest(tmp_path_factory):
    """Build one product of one store over 20 days: two whole weeks, no fold."""
    raw = tmp_path_factory.mktemp("one")
    write_sample(
        raw,
        stores=1,
        products=1,
        days=20,
        start_date=datetime.date(2023, 5, 3),
        seed=2,
    )
    for name in ("promotions", "price_breaks", "signals"):
        (raw / f"{name}.csv.gz").unlink()
    return warehouse.build(
        tmp_path_factory.mktemp("one_build"), raw, *warehouse.WITH_DATA_TESTS
    )


def test_a_history_too_short_to_backtest_is_planned_without(shortest):
    assert shortest.table("marts.fct_forecast_backtests").empty
    assert shortest.table("marts.fct_forecast_accuracy").empty
    champions = shortest.table("marts.fct_forecast_champions")
    assert set(champions["model"]) == {"moving_average"}
    assert champions["cycle_cost"].isna().all()
    (found,) = shortest.table("marts.fct_reorder_recommendations").to_dict("records")
    assert found["order_qty_units"] >= 0
    assert found["reorder_point_units"] > 0
    (distribution,) = shortest.table("marts.fct_lead_time_demand").to_dict("records")
    assert distribution["n_errors"] == 0
    assert re.search("counts|no error", distribution["method"])


@pytest.fixture(scope="module")
def forty_days(tmp_path_factory):
    """Build three products over 40 days, planned by the day."""
    raw = tmp_path_factory.mktemp("forty")
    write_sample(
        raw,
        stores=1,
        products=3,
        days=40,
        start_date=datetime.date(2023, 5, 3),
        seed=4,
        fmt="parquet",
    )
    return warehouse.build(
        tmp_path_factory.mktemp("forty_build"),
        raw,
        *warehouse.WITH_DATA_TESTS,
        planning_period="day",
    )


def test_forty_days_can_be_planned_by_the_day(forty_days):
    found = forty_days.table("marts.fct_reorder_recommendations")
    assert len(found) == 3
    assert found["order_qty_units"].notna().all()
    assert (found["reorder_point_units"] > 0).any()
    demand = forty_days.table("intermediate.int_demand_by_period")
    assert (demand["period_date"] == demand["period_end_date"]).all()
    assert demand["period_index"].nunique() == 40
