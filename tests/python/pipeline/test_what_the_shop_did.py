"""A random shop's purchases, replayed a second time by loops over days and weeks.

Plain pandas from the raw tables; of the build only what is not the shop's own is read:
the demand to be charged with, the cutoffs and which periods are charged.
"""

import math

import handmade
import numpy as np
import pandas as pd
import pytest
import warehouse

PAIR = ["location_id", "product_id"]
STORES = ("S1", "S2")
# Unit cost and price, units sold a day.
PRODUCTS = {
    "A": (4.0, 7.0, 3.0),
    "B": (10.0, 12.0, 1.0),
    "C": (1.0, 3.0, 6.0),
    "D": (25.0, 40.0, 0.4),
}
# Its stock is known, and it is bought of nobody.
UNBOUGHT = ("S2", "D")
LEAD_TIME_DAYS = 10
ORDER_COST = 4.0
HOLDING_RATE = 0.25
DAY = pd.Timedelta(days=1)
AS_OF = pd.Timestamp("2023-10-01")  # A Sunday.
DATES = pd.date_range(end=AS_OF, periods=7 * 30)
OPENING = DATES[0] - DAY


def shop():
    """What a careless buyer does: sales, purchase lines and opening counts."""
    generator = np.random.default_rng(17)
    sales, lines, counts = [], [], []
    for store in STORES:
        for product, (_, _, rate) in PRODUCTS.items():
            ids = {"location_id": store, "product_id": product}
            is_bought = (store, product) != UNBOUGHT
            stock = round(rate * (20 if is_bought else 150))
            counts.append({**ids, "count_date": OPENING.date(), "units": stock})
            receipts = {}
            for number, day in enumerate(DATES):
                stock += receipts.pop(day, 0)
                sold = min(stock, int(generator.poisson(rate)))
                stock -= sold
                if sold:
                    sales.append({**ids, "sale_date": day.date(), "units": sold})
                if is_bought and generator.random() < 0.12:
                    units = 1 + int(generator.poisson(rate * 8))
                    lines += bought(ids, number, day, units, receipts, generator)
    return sales, lines, counts


def bought(ids, number, day, units, receipts, generator):
    """Rows of an order: whole, in two parts, cancelled, or forgotten for good."""
    row = {
        **ids,
        "po_id": f"{ids['location_id']}{ids['product_id']}{number}",
        "vendor_id": "V",
        "ordered_date": day.date(),
        "unit_cost": PRODUCTS[ids["product_id"]][0],
        "is_cancelled": "false",
    }
    kind = generator.choice(
        ["whole", "parts", "short", "cancelled"], p=[0.6, 0.2, 0.1, 0.1]
    )
    if kind == "cancelled":
        return [row | {"units": units, "is_cancelled": "true"}]
    first = 1 + units // 2 if kind != "whole" else units
    shares = {"whole": [units], "parts": [first, units - first], "short": [first]}[kind]
    rows = []
    for share in shares:
        came = day + int(generator.integers(4, 17)) * DAY
        receipts[came] = receipts.get(came, 0) + share
        # Of a short line the rest never comes.
        asked = units if kind == "short" else share
        rows.append(
            row
            | {"units": asked, "received_date": came.date(), "received_units": share}
        )
    return [one for one in rows if one["units"]]


@pytest.fixture(scope="module")
def raw():
    sales, lines, counts = (pd.DataFrame(rows) for rows in shop())
    # What comes after the last day is not known yet.
    is_open = pd.to_datetime(lines["received_date"]) > AS_OF
    lines.loc[is_open, ["received_date", "received_units"]] = None
    return {"sales": sales, "purchase_order_lines": lines, "stock_counts": counts}


@pytest.fixture(scope="module")
def built(tmp_path_factory, raw):
    folder = handmade.write_tables(
        tmp_path_factory.mktemp("shop"),
        products=[
            {
                "product_id": product,
                "description": product,
                "vendor_id": "V",
                "unit_cost": cost,
                "unit_price": price,
            }
            for product, (cost, price, _) in PRODUCTS.items()
        ],
        locations=[{"location_id": s, "location_name": s} for s in STORES],
        vendors=[{"vendor_id": "V", "vendor_name": "V", "review_days": 7}],
        **raw,
    )
    return warehouse.build(
        tmp_path_factory.mktemp("shop_build"),
        folder,
        *("--select", "+fct_policy_backtests"),
        *("--vars", "{forecast_cpu_budget_seconds: 10, policy_replay_paths: 40}"),
        *warehouse.MODELS_ONLY,
        source_system="generic",
    )


@pytest.fixture(scope="module")
def world(built):
    """Of each pair what it meets: periods, their demand and the charged ones."""
    replays = built.table("intermediate.int_policy_replays")
    shipped = replays.query("policy == 'shipped' and model == 'champion'")
    folds = built.table("intermediate.int_forecast_folds").set_index("cutoff_index")
    demand = built.table("intermediate.int_policy_replay_demand")
    found = {}
    for pair, rows in shipped.groupby(PAIR):
        first = rows["cutoff_index"].min()
        of_pair = demand.set_index(PAIR).loc[[pair]].set_index("period_index")
        units = of_pair["demand_units"].sort_index().loc[first + 1 :]
        closes = pd.Timestamp(folds.loc[first, "cutoff_date"])
        found[pair] = (closes, units.tolist(), int(rows["charged_periods"].sum()))
    return found


def replayed(raw, pair, closes, demand, charged, planned_weeks):
    """One pair by hand: its stock day by day to the cutoff, and from there on."""
    of_pair = {
        name: frame[
            (frame["location_id"] == pair[0]) & (frame["product_id"] == pair[1])
        ]
        for name, frame in raw.items()
    }
    lines = of_pair["purchase_order_lines"]
    lines = lines[lines["is_cancelled"] == "false"]
    receipts = lines.dropna(subset=["received_date"])
    stock = of_pair["stock_counts"]["units"].iloc[0]
    for day in pd.date_range(DATES[0], closes):
        stock += receipts[receipts["received_date"] == day.date()][
            "received_units"
        ].sum()
        stock -= of_pair["sales"].query("sale_date == @day.date()")["units"].sum()
    cost, price, _ = PRODUCTS[pair[1]]
    result = dict.fromkeys(("holding", "shortage", "lost", "sold", "stock"), 0.0)
    last = len(demand) - 1
    day = closes
    arrived = 0.0
    for week, wanted in enumerate(demand):
        lost = 0.0
        for _ in range(7):
            day += DAY
            # What came yesterday is on the shelf this morning.
            stock += arrived
            sold = min(stock, wanted / 7)
            stock -= sold
            lost += wanted / 7 - sold
            today = receipts["received_date"] == day.date()
            arrived = receipts[today]["received_units"].sum()
        if week > last - charged:
            result["sold"] += wanted - lost
            result["lost"] += lost
            result["stock"] += stock
            result["holding"] += stock * cost * HOLDING_RATE * 7 / 365
            result["shortage"] += lost * (price - cost)
    # One order a day, in as many weeks as those whose orders can come before the end.
    weeks = len(demand) - math.ceil(planned_weeks - 1e-9)
    days = pd.to_datetime(lines["ordered_date"].drop_duplicates())
    counted = ((days > closes) & (days <= closes + 7 * weeks * DAY)).sum()
    return result | {"orders": counted, "ordering": counted * ORDER_COST}


@pytest.fixture(scope="module")
def second(raw, built, world):
    lead_times = built.table("intermediate.int_lead_times").set_index(PAIR)
    days = lead_times["lead_time_mean_days"]
    return pd.DataFrame(
        {
            pair: replayed(raw, pair, *what, days[pair] / 7)
            for pair, what in world.items()
            if pair != UNBOUGHT
        }
    ).T


def test_the_store_has_what_makes_it_hard(raw, world, second):
    lines = raw["purchase_order_lines"]
    assert lines["received_date"].isna().any()
    assert lines.duplicated("po_id").any()
    assert (lines["received_units"] < lines["units"]).any()
    assert (lines["is_cancelled"] == "true").any()
    closes = {what[0] for what in world.values()}
    ordered, received = (
        pd.to_datetime(lines[name]) for name in ("ordered_date", "received_date")
    )
    assert any(((ordered <= day) & (received > day)).any() for day in closes)
    assert len(world) == len(STORES) * len(PRODUCTS)
    assert (second["lost"] > 0).any()
    assert (second["stock"] > 0).all()


def test_the_replay_of_the_shop_is_that_of_plain_loops(built, second):
    rows = built.table("intermediate.int_policy_replays")
    rows = rows[rows["policy"] == "as_purchased"]
    found = rows.groupby(PAIR)[
        [
            "holding_cost",
            "shortage_cost",
            "ordering_cost",
            "lost_units",
            "sold_units",
            "stock_unit_periods",
            "order_count",
        ]
    ].sum()
    # A pair of which nothing was ever bought is not the shop's doing.
    assert list(found.index) == list(second.index)
    mine = second[
        ["holding", "shortage", "ordering", "lost", "sold", "stock", "orders"]
    ]
    np.testing.assert_allclose(found.to_numpy(), mine.to_numpy(), rtol=1e-9, atol=1e-9)


def test_the_mart_sums_it_beside_the_shipped_rule(built, second):
    mart = built.table("marts.fct_policy_backtests").query("segment == 'all'")
    mart = mart.set_index("policy")
    found = mart.loc["as_purchased"]
    twin = mart.loc["shipped_where_purchased"]
    assert found["model"] == "none"
    assert found["n"] == twin["n"] == len(second)
    assert found["charged_periods"] == twin["charged_periods"]
    assert found["demand_units"] == pytest.approx(twin["demand_units"])
    for name, mine in (
        ("holding_cost", "holding"),
        ("shortage_cost", "shortage"),
        ("ordering_cost", "ordering"),
        ("lost_units", "lost"),
    ):
        assert found[name] == pytest.approx(second[mine].sum())
    gap = found["total_cost"] - twin["total_cost"]
    assert found["cost_gap_to_shipped"] == pytest.approx(gap)
    assert found["cost_gap_low"] <= gap <= found["cost_gap_high"]
    assert found["total_cost_low"] < found["total_cost"] < found["total_cost_high"]
