"""Weekly sales, two weeks of lead time and costs per unit: what is asked is exact."""

import handmade
import numpy as np
import pandas as pd
import pytest
import warehouse

PAIR = ["location_id", "product_id"]
FIRST_MONDAY = pd.Timestamp("2022-01-03")
WEEKS = 78
MONDAYS = pd.date_range(FIRST_MONDAY, periods=WEEKS, freq="7D")
# Sales dated Monday are those of the week that ends on the Sunday after.
AS_OF = pd.Timestamp("2023-06-26")
LAST_SUNDAY = pd.Timestamp("2023-07-02")
LEAD_TIME_DAYS = 14
REVIEW_DAYS = 7
HOLDING_PER_UNIT_YEAR = 10.4
SHORTAGE_PER_UNIT = 1.0
# The shelf was empty every fifth week, but not in the first.
OUT = np.arange(WEEKS) % 5 == 4

DAYS = 120
LAST_DAY = pd.Timestamp("2023-06-30")
DATES = pd.date_range(end=LAST_DAY, periods=DAYS)


def weekly_units():
    """Units by location and product, one value a week."""
    generator = np.random.default_rng(17)
    units = {
        ("S1", "steady"): np.full(WEEKS, 20),
        ("S1", "cut"): np.where(OUT, 0, 20),
        ("S1", "quiet"): np.where(OUT, 0, 20),
        ("S1", "fading"): np.linspace(60, 10, WEEKS).round().astype(int),
    }
    for number, rate in enumerate((0.4, 1, 2, 4, 8, 15, 25, 40)):
        for store in ("S1", "S2"):
            units[store, f"noisy{number}"] = generator.poisson(rate, WEEKS)
    return units


ON_HAND = {("S1", "steady"): 30, ("S1", "cut"): 5, ("S1", "fading"): 900}


def master(units):
    products = sorted({product for _, product in units})
    return {
        "products": [
            {
                "product_id": product,
                "description": product,
                "vendor_id": "V1",
                "unit_cost": 3.0,
                "unit_price": 5.0,
            }
            for product in products
        ],
        "locations": [
            {"location_id": store, "location_name": f"Store {store}"}
            for store in sorted({store for store, _ in units})
        ],
        "vendors": [
            {
                "vendor_id": "V1",
                "vendor_name": "Vendor",
                "lead_time_days": LEAD_TIME_DAYS,
                "review_days": REVIEW_DAYS,
            }
        ],
    }


def sales(units, dates):
    return [
        {
            "location_id": store,
            "product_id": product,
            "sale_date": date.date(),
            "units": sold,
        }
        for (store, product), series in units.items()
        for date, sold in zip(dates, series, strict=True)
        if sold
    ]


def counts(units, date):
    return [
        {
            "location_id": store,
            "product_id": product,
            "count_date": date.date(),
            "units": ON_HAND.get((store, product), 0),
        }
        for store, product in units
    ]


def order_line(number, units, ordered, *, expected="", cancelled="false"):
    return {
        "po_id": number,
        "vendor_id": "V1",
        "location_id": "S1",
        "product_id": "steady",
        "ordered_date": ordered,
        "units": units,
        "unit_cost": 3.0,
        "expected_date": expected,
        "is_cancelled": cancelled,
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    # No cost of ordering; costs of a unit held and of a unit short as they are.
    return handmade.project_with_policies(
        tmp_path_factory.mktemp("project"),
        {
            "scope_type": "default",
            "target": "cost",
            "holding_cost_per_unit_year": HOLDING_PER_UNIT_YEAR,
            "shortage_cost_per_unit": SHORTAGE_PER_UNIT,
        },
    )


@pytest.fixture(scope="module")
def weekly(project, tmp_path_factory):
    units = weekly_units()
    raw = handmade.write_tables(
        tmp_path_factory.mktemp("weekly"),
        **master(units),
        sales=sales(units, MONDAYS),
        stock_counts=counts(units, AS_OF),
        purchase_order_lines=[
            order_line(1, 15, "2023-06-19"),
            order_line(2, 4, "2023-04-03", expected="2023-05-01"),
            order_line(3, 7, "2023-06-12", cancelled="true"),
        ],
        availability=[
            {
                "location_id": "S1",
                "product_id": "cut",
                "period_date": monday.date(),
                "is_in_stock": str(not out).lower(),
            }
            for monday, out in zip(MONDAYS, OUT, strict=True)
        ],
    )
    return warehouse.build(
        tmp_path_factory.mktemp("weekly_build"),
        raw,
        *warehouse.WITH_DATA_TESTS,
        project=project,
        source_system="generic",
    )


@pytest.fixture(scope="module")
def daily(project, tmp_path_factory):
    generator = np.random.default_rng(18)
    units = {("S1", "steady"): np.full(DAYS, 6)}
    for number, rate in enumerate((0.3, 1, 3, 9)):
        units["S1", f"noisy{number}"] = generator.poisson(rate, DAYS)
    raw = handmade.write_tables(
        tmp_path_factory.mktemp("daily"),
        **master(units),
        sales=sales(units, DATES),
        stock_counts=counts(units, LAST_DAY),
    )
    return warehouse.build(
        tmp_path_factory.mktemp("daily_build"),
        raw,
        *warehouse.MODELS_ONLY,
        project=project,
        source_system="generic",
        planning_period="day",
    )


@pytest.fixture(params=["weekly", "daily"])
def planned(request):
    build = request.getfixturevalue(request.param)
    frame = build.table("marts.fct_reorder_recommendations").merge(
        build.table("marts.fct_lead_time_demand"),
        on=PAIR,
        suffixes=("", "_of_distribution"),
    )
    # Weeks are dated by their Monday and known to their Sunday.
    is_weekly = build.row("select * from inputs.input_as_of")["is_weekly_source"]
    frame["decided_date"] = LAST_SUNDAY if is_weekly else frame["as_of_date"]
    return frame.set_index(PAIR).sort_index()


def of(build, table, pair):
    frame = build.table(f"marts.{table}").set_index(PAIR)
    return frame.loc[pair]


def test_a_week_of_sales_is_a_whole_week(weekly):
    as_of = weekly.row("select * from inputs.input_as_of")
    assert as_of["is_weekly_source"]
    assert as_of["as_of_date"] == AS_OF
    assert as_of["last_period_end_date"] == LAST_SUNDAY
    demand = weekly.table("intermediate.int_demand_by_period")
    steady = demand[demand["product_id"] == "steady"]
    assert len(steady) == WEEKS
    assert (steady["unconstrained_units"] == 20).all()


def test_every_pair_is_planned(weekly, daily):
    for build, pairs in ((weekly, len(weekly_units())), (daily, 5)):
        frame = build.table("marts.fct_reorder_recommendations")
        assert len(frame) == pairs
        assert frame["order_qty_units"].notna().all()


def test_lead_time_is_the_vendors_and_protection_three_weeks(planned):
    assert (planned["lead_time_rung"] == "stated").all()
    assert (planned["lead_time_mean_days"] == LEAD_TIME_DAYS).all()
    assert (planned["review_days"] == REVIEW_DAYS).all()
    protected = planned["protected_until_date"] - planned["decided_date"]
    assert (protected == pd.Timedelta(days=LEAD_TIME_DAYS + REVIEW_DAYS)).all()


@pytest.mark.parametrize(("name", "periods"), [("weekly", 3), ("daily", 21)])
def test_lead_time_demand_is_that_of_three_weeks(request, name, periods):
    build = request.getfixturevalue(name)
    found = of(build, "fct_lead_time_demand", ("S1", "steady"))
    per_week = {"weekly": 20, "daily": 42}[name]
    assert found["lead_time_demand_units"] == pytest.approx(3 * per_week, rel=0.1)
    # Over all series: the champion's forecasts of the next periods, errors about zero.
    forecasts = build.query(
        "select location_id, product_id, forecast_units, row_number() over ("
        "partition by location_id, product_id order by forecast_date) as step"
        " from marts.fct_forecasts where is_champion"
    )
    ahead = forecasts[forecasts["step"] <= periods]["forecast_units"].sum()
    every = build.table("marts.fct_lead_time_demand")["lead_time_demand_units"].sum()
    assert every == pytest.approx(ahead, rel=0.15)


def test_costs_of_a_unit_are_taken_as_they_are(weekly):
    kpis = weekly.table("marts.fct_inventory_kpis")
    assert (kpis["holding_cost_per_unit_year"] == HOLDING_PER_UNIT_YEAR).all()
    # 10.4 a year on a cost of 3.
    assert kpis["holding_cost_rate_per_year"].to_numpy() == pytest.approx(10.4 / 3)
    policies = weekly.table("marts.fct_replenishment_policies")
    assert (policies["shortage_cost_per_unit"] == SHORTAGE_PER_UNIT).all()
    assert (policies["target"] == "cost").all()
    assert kpis["order_cost"].isna().all()
    assert kpis["eoq_units"].isna().all()


def test_reorder_point_balances_holding_and_shortage(weekly):
    # A week's holding costs 10.4 x 7 / 365 = 0.1995, a unit short 1, and a lot is the
    # demand of one week: 1 - 0.1995 = 0.80 of the cycles end without a shortage.
    found = of(weekly, "fct_lead_time_demand", ("S1", "steady"))
    level = of(weekly, "fct_reorder_recommendations", ("S1", "steady"))
    reorder_point = level["reorder_point_units"]
    assert np.floor(found["q75_units"]) <= reorder_point <= np.ceil(found["q90_units"])
    assert found["achieved_cycle_service"] == pytest.approx(0.80, abs=0.08)


def test_without_a_cost_of_ordering_the_level_is_the_reorder_point(planned):
    level, trigger = planned["order_up_to_units"], planned["reorder_point_units"]
    assert level.to_dict() == trigger.to_dict()
    assert (trigger > 0).sum() > len(planned) / 2


def test_quantity_is_what_the_position_lacks(planned):
    # What will be lost before an order can come is not lacked any more.
    lacking = (
        planned["reorder_point_units"]
        - planned["inventory_position_units"]
        + planned["addend_lost_before_arrival_units"]
    )
    expected = lacking.clip(lower=0)
    assert planned["order_qty_units"].to_dict() == expected.to_dict()
    assert (expected > 0).any()


def test_position_counts_late_lines_but_not_cancelled_ones(weekly):
    # 30 on hand; on order 15 and 4 overdue, not the 7 cancelled.
    found = of(weekly, "fct_reorder_recommendations", ("S1", "steady"))
    assert found["on_hand_units"] == 30
    assert found["on_order_units"] == 19
    assert found["inventory_position_units"] == 49
    rules = weekly.table("marts.fct_data_exceptions")["rule"]
    assert (rules == "receipt overdue").sum() == 1


def test_weeks_without_stock_are_not_weeks_without_demand(weekly):
    # 20 a week whenever there was stock: 20 x 365 / 7 a year. The same sales without
    # a word on availability are a demand with zeros. The last 53 weeks count: Mondays
    # less than 365 days before the as-of date, 42 of them with sales.
    cut = of(weekly, "fct_inventory_kpis", ("S1", "cut"))
    assert cut["annual_demand_units"] == pytest.approx(20 * 365 / 7, rel=1e-9)
    recent = (AS_OF - MONDAYS).days < 365
    per_week = np.where(OUT, 0, 20)[recent].mean()
    quiet = of(weekly, "fct_inventory_kpis", ("S1", "quiet"))
    assert quiet["annual_demand_units"] == pytest.approx(per_week * 365 / 7, rel=1e-9)
    ahead = {
        product: of(weekly, "fct_lead_time_demand", ("S1", product))
        for product in ("cut", "quiet")
    }
    assert ahead["cut"]["lead_time_demand_units"] == pytest.approx(60, rel=0.1)
    assert (
        ahead["quiet"]["lead_time_demand_units"]
        < 0.92 * ahead["cut"]["lead_time_demand_units"]
    )


def test_absent_columns_are_unknown_and_absent_files_empty(weekly):
    products = weekly.table("inputs.input_products")
    for column in ("category", "pack_size_units", "min_order_units", "shelf_life_days"):
        assert products[column].isna().all(), column
    for name in ("invoices", "promotions", "price_breaks", "signals"):
        assert weekly.table(f"inputs.input_{name}").empty, name
    sold = weekly.table("marts.fct_sales_daily")
    # Without revenue a line sold at the list price.
    assert (sold["revenue"] == sold["units"] * 5.0).all()


def test_stock_before_the_first_count_is_unknown(weekly):
    # Counted once, on the as-of date: known today, and for no day before.
    assert weekly.table("marts.fct_stock_daily").empty
    kpis = weekly.table("marts.fct_inventory_kpis")
    assert kpis["inventory_turnover"].isna().all()
    assert kpis["on_hand_units"].notna().all()
