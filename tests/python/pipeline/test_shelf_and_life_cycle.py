"""What an empty, unknown or long-empty shelf says of demand, and what it does not."""

import datetime
from pathlib import Path

import handmade
import numpy as np
import pandas as pd
import pytest
import warehouse

FIELD_CASES = Path(__file__).parent / "field_cases"
STORE = "S1"


# Demand that is known, cut off by shelves that run empty at random.

RATES = (0.03, 0.06, 0.12, 0.25, 0.5, 1.0, 2.0)
SIMULATED_DAYS = 60
SIMULATED_FIRST = pd.Timestamp("2022-01-03")
LOT_DAYS = 14
LONGEST_LEAD_DAYS = 20


def simulated_items(rate, count, generator):
    """Sell Poisson demand from lots that come some days after the shelf ran empty.

    Returns:
        Demand and sales, shape (items, days), the first stock, shape (items,), and
        the receipts of a day, shape (items, days). All units.
    """
    lot = np.maximum(1, generator.poisson(rate * LOT_DAYS, count))
    demand = generator.poisson(rate, (count, SIMULATED_DAYS))
    sold = np.zeros_like(demand)
    received = np.zeros_like(demand)
    stock, due = lot.copy(), np.full(count, -1)
    for day in range(SIMULATED_DAYS):
        # Put away in the morning: an arrival that comes after the last customer makes a
        # day look as if it had stock.
        arrives = due == day
        received[arrives, day] = lot[arrives]
        sold[:, day] = np.minimum(demand[:, day], stock + received[:, day])
        stock = stock + received[:, day] - sold[:, day]
        due[arrives] = -1
        needs = (stock == 0) & (due < 0)
        due[needs] = day + 1 + generator.integers(0, LONGEST_LEAD_DAYS, needs.sum())
    return demand, sold, lot, received


@pytest.fixture(scope="module")
def truth():
    generator = np.random.default_rng(41)
    items = {}
    for rate in RATES:
        # Enough items that chance moves the sum of a rate by about a hundredth.
        count = max(400, round(150 / rate))
        for number, item in enumerate(
            zip(*simulated_items(rate, count, generator), strict=True)
        ):
            items[f"{rate}_{number}"] = item
    return items


@pytest.fixture(scope="module")
def simulated(truth, tmp_path_factory):
    dates = pd.date_range(SIMULATED_FIRST, periods=SIMULATED_DAYS).strftime("%Y-%m-%d")
    before = (SIMULATED_FIRST - pd.Timedelta(days=1)).date()
    sales, lines, counts, products = [], [], [], []
    for product, (_, sold, lot, received) in truth.items():
        pair = {"location_id": STORE, "product_id": product}
        products.append(
            {
                "product_id": product,
                "description": product,
                "vendor_id": "V1",
                "unit_cost": 1,
                "unit_price": 2,
            }
        )
        counts.append(pair | {"count_date": before, "units": lot})
        for day in np.flatnonzero(sold):
            sales.append(pair | {"sale_date": dates[day], "units": sold[day]})
        for day in np.flatnonzero(received):
            lines.append(
                pair
                | {
                    "po_id": f"{product}_{day}",
                    "vendor_id": "V1",
                    "ordered_date": dates[0],
                    "units": received[day],
                    "unit_cost": 1,
                    "received_date": dates[day],
                    "received_units": received[day],
                }
            )
    folder = handmade.write_tables(
        tmp_path_factory.mktemp("simulated"),
        products=products,
        locations=[{"location_id": STORE, "location_name": "Store"}],
        vendors=[{"vendor_id": "V1", "vendor_name": "Vendor"}],
        sales=sales,
        stock_counts=counts,
        purchase_order_lines=lines,
    )
    return warehouse.build(
        tmp_path_factory.mktemp("simulated_build"),
        folder,
        *("--select", "+int_annual_demand", "+int_demand_by_period"),
        *warehouse.MODELS_ONLY,
        source_system="generic",
        as_of_date=dates[-1],
    )


def rate_of(product):
    return float(product.split("_")[0])


def test_the_shelves_were_empty_often(simulated):
    shares = simulated.query(
        "select avg(cast(is_empty as integer)) as empty,"
        " avg(cast(is_sold_out as integer)) as sold_out"
        " from intermediate.int_demand_unconstrained"
    )
    assert shares["empty"].item() > 0.15
    assert shares["sold_out"].item() > 0.01


@pytest.mark.parametrize("rate", RATES)
def test_demand_by_day_is_unbiased(simulated, truth, rate):
    days = simulated.table("intermediate.int_demand_unconstrained")
    days = days[days["product_id"].map(rate_of) == rate]
    demand = sum(item[0].sum() for name, item in truth.items() if rate_of(name) == rate)
    estimate = days["unconstrained_units"].sum() / demand
    sold = days["sold_units"].sum() / demand
    assert sold < 0.9
    assert abs(estimate - 1) < 0.05, f"{estimate:.3f} of demand, sales {sold:.3f}"


@pytest.mark.parametrize("rate", RATES)
def test_demand_by_week_is_unbiased(simulated, truth, rate):
    """Eight whole weeks, those on an empty shelf included."""
    weeks = simulated.table("intermediate.int_demand_by_period")
    weeks = weeks[weeks["product_id"].map(rate_of) == rate]
    assert weeks["period_date"].nunique() == SIMULATED_DAYS // 7
    demand = sum(
        item[0][: SIMULATED_DAYS // 7 * 7].sum()
        for name, item in truth.items()
        if rate_of(name) == rate
    )
    estimate = weeks["unconstrained_units"].sum() / demand
    assert abs(estimate - 1) < 0.05, f"{estimate:.3f} of demand"


def test_the_annual_demand_is_unbiased(simulated, truth):
    annual = simulated.table("intermediate.int_annual_demand")
    demand = sum(item[0].sum() for item in truth.values()) / SIMULATED_DAYS * 365
    assert annual["annual_demand_units"].sum() == pytest.approx(demand, rel=0.03)


# One shop whose every product is empty, unknown or gone in its own way.

LAST = pd.Timestamp("2023-12-31")
WEEKS = pd.date_range(end=LAST, periods=104, freq="7D")
SEASON = slice(30, 38)
LAST_SEASON = slice(82, 90)


def weekly_orders(product, weeks, units, vendor="V1"):
    """Orders on Sundays, received at the close of the Sunday after."""
    return [
        {
            "po_id": f"{product}_{week.date()}",
            "vendor_id": vendor,
            "location_id": STORE,
            "product_id": product,
            "ordered_date": (week - pd.Timedelta(days=7)).date(),
            "units": units,
            "unit_cost": 3,
            "received_date": week.date(),
            "received_units": units,
        }
        for week in weeks
    ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    generator = np.random.default_rng(5)
    units = {
        name: np.zeros(len(WEEKS), dtype=int)
        for name in (
            "plain",
            "season",
            "one season",
            "negative",
            "starved",
            "ended",
            "long out",
        )
    }
    weekly = generator.poisson(5, len(WEEKS)) + 1
    units["plain"] = weekly
    units["season"][SEASON] = units["season"][LAST_SEASON] = 37
    units["one season"][52:60] = 37
    units["negative"] = weekly
    units["starved"][:80] = weekly[:80]
    units["ended"][:80] = weekly[:80]
    # Nothing came for twenty weeks, then it was there again.
    units["long out"] = np.where((np.arange(104) >= 60) & (np.arange(104) < 80), 0, 6)

    opening = {name: 0 for name in units}
    lines = weekly_orders("plain", WEEKS[:-1], 7)
    opening["plain"] = 100
    opening["season"] = 0
    for season in (SEASON, LAST_SEASON):
        lines += weekly_orders("season", [WEEKS[season.start - 1]], 8 * 37)
    lines += weekly_orders("one season", [WEEKS[51]], 8 * 37)
    # Its receipts were never booked.
    opening["negative"] = 100
    opening["starved"] = units["starved"].sum()
    opening["ended"] = units["ended"][:4].sum()
    for number in range(4, 80, 4):
        lines += weekly_orders(
            "ended", [WEEKS[number - 1]], units["ended"][number : number + 4].sum()
        )
    opening["long out"] = 60 * 6
    lines += weekly_orders("long out", [WEEKS[79]], 24 * 6 + 30)

    folder = handmade.write_tables(
        tmp_path_factory.mktemp("shop"),
        products=[
            {
                "product_id": name,
                "description": name,
                "vendor_id": "V1",
                "unit_cost": 3,
                "unit_price": 5,
            }
            for name in units
        ],
        locations=[{"location_id": STORE, "location_name": "Store"}],
        vendors=[{"vendor_id": "V1", "vendor_name": "Vendor"}],
        sales=[
            {
                "location_id": STORE,
                "product_id": name,
                "sale_date": week.date(),
                "units": count,
            }
            for name, series in units.items()
            for week, count in zip(WEEKS, series, strict=True)
            if count
        ],
        stock_counts=[
            {
                "location_id": STORE,
                "product_id": name,
                "count_date": (WEEKS[0] - pd.Timedelta(days=7)).date(),
                "units": count,
            }
            for name, count in opening.items()
        ],
        purchase_order_lines=lines,
    )
    return warehouse.build(
        tmp_path_factory.mktemp("shop_build"),
        folder,
        *("--vars", "backtest_folds: 2"),
        *warehouse.WITH_DATA_TESTS,
        source_system="generic",
    )


@pytest.fixture(scope="module")
def kpis(shop):
    return shop.table("marts.fct_inventory_kpis").set_index("product_id")


def rules(build, product):
    frame = build.table("marts.fct_data_exceptions")
    return set(frame.loc[frame["product_id"] == product, "rule"])


def lost(shop, product):
    return shop.query(
        "select coalesce(sum(unconstrained_units - sold_units), 0) as lost"
        f" from intermediate.int_demand_unconstrained where product_id = '{product}'"
    )["lost"].item()


@pytest.mark.parametrize(
    ("product", "state", "word"),
    [
        ("plain", "active", "of late"),
        ("season", "dormant", "seasonal"),
        # No week of its outage is on record a year before: nobody can tell.
        ("one season", "dormant", "starved"),
        ("negative", "active", "below zero"),
        ("starved", "dormant", "starved"),
        ("ended", "discontinued", "ordered nowhere"),
        ("long out", "active", "of late"),
    ],
)
def test_the_life_cycle_is_said_with_its_reason(shop, kpis, product, state, word):
    assert kpis.loc[product, "life_cycle_state"] == state
    assert word in kpis.loc[product, "life_cycle_reason"]
    assert kpis.loc[product, "is_discontinued"] == (state == "discontinued")
    products = shop.table("marts.dim_products").set_index("product_id")
    assert products.loc[product, "life_cycle_state"] == state
    assert word in products.loc[product, "life_cycle_reason"]


def test_an_item_with_a_season_demands_what_it_sold(shop, kpis):
    """Eight weeks of 37, sold out at the end of each."""
    for product in ("season", "one season"):
        annual = kpis.loc[product, "annual_demand_units"]
        assert 280 < annual < 340, product
        assert lost(shop, product) < 20
        assert "not planned any more" not in rules(shop, product)
    # Two years tell that it does not sell now; one year tells nothing.
    assert rules(shop, "season") == set()
    assert "outage too long to estimate" in rules(shop, "one season")


def test_an_item_off_season_is_not_ordered_yet(shop):
    """Its season is thirty weeks away."""
    found = shop.row(
        "select * from marts.fct_reorder_recommendations where product_id = 'season'"
    )
    assert found["order_qty_units"] <= 10
    assert not found["is_discontinued"]


def test_negative_book_stock_does_not_inflate_demand(shop, kpis):
    sold = kpis.loc["plain", "annual_demand_units"]
    assert kpis.loc["negative", "annual_demand_units"] == pytest.approx(sold, rel=0.02)
    assert lost(shop, "negative") == 0
    assert kpis.loc["negative", "shelf_state"] == "unknown"
    assert "negative stock" in rules(shop, "negative")
    out = shop.query(
        "select sum(cast(is_stockout as integer)) as days from marts.fct_stock_daily"
        " where product_id = 'negative'"
    )
    assert out["days"].item() == 0


def test_a_long_outage_is_unknown_and_not_zero(shop, kpis):
    """Twenty weeks without stock; six a week on the days that are known."""
    assert kpis.loc["long out", "annual_demand_units"] == pytest.approx(312, rel=0.03)
    assert kpis.loc["long out", "demand_known_days"] < 365 - 130
    assert "outage too long to estimate" in rules(shop, "long out")
    panel = shop.query(
        "select count(*) as weeks, count(demand_units) as known,"
        " min(demand_units) as least from intermediate.int_forecast_panel"
        f" where product_id = 'long out' and period_date <= '{LAST.date()}'"
    )
    assert panel["weeks"].item() == 104
    # The week that it arrived on the Sunday of sold nothing either.
    assert panel["known"].item() == 84
    assert panel["least"].item() > 0


def test_a_starved_item_is_planned_and_named(shop, kpis):
    found = shop.row(
        "select * from marts.fct_reorder_recommendations where product_id = 'starved'"
    )
    assert not found["is_discontinued"]
    assert found["order_qty_units"] > 0
    assert kpis.loc["starved", "stock_status"] == "stocked_out"
    assert "empty and not reordered" in rules(shop, "starved")


def test_what_is_discontinued_is_no_stock_out_and_loses_nothing(shop):
    found = shop.row(
        "select * from marts.fct_reorder_recommendations where product_id = 'ended'"
    )
    assert found["order_qty_units"] == 0
    assert "discontinued" in found["explanation"]
    assert "not planned any more" in rules(shop, "ended")
    assert lost(shop, "ended") < 10
    out = shop.query(
        "select max(stock_date) as last from marts.fct_stock_daily"
        " where product_id = 'ended' and is_stockout"
    )
    assert pd.isna(out["last"].item()) or out["last"].item() <= WEEKS[80]


# A planner's week: orders that came back, and one that did not.


@pytest.fixture(scope="module")
def planner_week(tmp_path_factory):
    return warehouse.build(
        tmp_path_factory.mktemp("planner_week"),
        FIELD_CASES / "01_planner_week",
        *("--vars", "backtest_folds: 2"),
        *warehouse.MODELS_ONLY,
        source_system="generic",
        as_of_date=str(datetime.date(2021, 10, 17)),
    )


def test_a_giant_order_that_came_back_leaves_no_trace(planner_week):
    found = planner_week.row(
        "select * from marts.fct_lead_time_demand"
        " where product_id = 'GIANT_BACK' and location_id = 'S1'"
    )
    assert 8 <= found["lead_time_demand_units"] <= 30
    assert "one-off order" not in rules(planner_week, "GIANT_BACK")
    demand = planner_week.row(
        "select max(unconstrained_units) as most, sum(unconstrained_units) as total,"
        " sum(sold_units) as sold from intermediate.int_demand_by_period"
        " where product_id = 'GIANT_BACK' and location_id = 'S1'"
    )
    assert demand["most"] < 20
    sold = planner_week.row(
        "select sum(units) as units from marts.fct_sales_daily"
        " where product_id = 'GIANT_BACK' and location_id = 'S1'"
    )
    assert demand["total"] == pytest.approx(sold["units"], rel=0.05)


def test_a_giant_order_is_named(planner_week):
    found = planner_week.row(
        "select * from marts.fct_lead_time_demand"
        " where product_id = 'GIANT' and location_id = 'S1'"
    )
    assert found["lead_time_demand_units"] <= 60
    assert "one-off order" in rules(planner_week, "GIANT")


def test_more_returns_than_sales_leave_no_negative_demand(planner_week):
    least = planner_week.row(
        "select min(unconstrained_units) as least, min(sold_units) as sold"
        " from intermediate.int_demand_by_period"
    )
    assert least["least"] >= 0
    assert least["sold"] >= 0
