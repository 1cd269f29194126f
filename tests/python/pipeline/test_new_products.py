"""What has no history is foretold from its attributes; what is discontinued stops."""

import handmade
import numpy as np
import pandas as pd
import pytest
import warehouse
from scipy.stats import norm

STORES = ("S1", "S2")
WEEKS = 45
# A Wednesday: the week of the as-of date is not over.
AS_OF = pd.Timestamp("2024-11-06")
FIRST_DAY = pd.Timestamp("2024-11-04") - pd.Timedelta(weeks=WEEKS)
DATES = pd.date_range(FIRST_DAY, AS_OF)
LEVELS = {"Tea": 21.0, "Rice": 3.5}
BEST_SELLER_LEVEL = 84.0


def chain(folder):
    """Two stores, two categories, a launch in each, a best seller and a dropped one."""
    generator = np.random.default_rng(31)
    products, sales, counts = [], [], []
    for category, level in LEVELS.items():
        for number in range(8):
            product = f"{category}{number}"
            products.append(listed(product, category))
            own = level * np.exp(0.45 * norm.ppf((number + 0.5) / 8))
            for store in STORES:
                sales += sold(generator, store, product, own, DATES)
                counts.append(counted(store, product, FIRST_DAY, 100_000))
        products.append(listed(f"{category}New", category))
        counts.append(counted("S1", f"{category}New", AS_OF, 2))
    products.append(listed("TeaBest", "Tea"))
    sales += sold(generator, "S1", "TeaBest", BEST_SELLER_LEVEL, DATES)
    counts.append(counted("S1", "TeaBest", FIRST_DAY, 100_000))
    counts.append(counted("S2", "TeaBest", AS_OF, 2))
    products.append(listed("TeaDropped", "Tea"))
    sales += sold(generator, "S1", "TeaDropped", 21.0, DATES[:120])
    counts.append(counted("S1", "TeaDropped", FIRST_DAY, 100_000))
    counts.append(counted("S1", "TeaDropped", DATES[120], 0))
    return handmade.write_tables(
        folder,
        products=products,
        locations=[{"location_id": s, "location_name": s} for s in STORES],
        vendors=[
            {
                "vendor_id": "V",
                "vendor_name": "V",
                "lead_time_days": 7,
                "review_days": 7,
            }
        ],
        sales=sales,
        stock_counts=counts,
    )


def listed(product, category):
    return {
        "product_id": product,
        "description": product,
        "vendor_id": "V",
        "unit_cost": 2.0,
        "unit_price": 5.0,
        "category": category,
    }


def counted(store, product, date, units):
    return {
        "location_id": store,
        "product_id": product,
        "count_date": date.date(),
        "units": units,
    }


def sold(generator, store, product, units_per_week, dates):
    return [
        {
            "location_id": store,
            "product_id": product,
            "sale_date": date.date(),
            "units": units,
        }
        for date, units in zip(
            dates, generator.poisson(units_per_week / 7, len(dates)), strict=True
        )
        if units
    ]


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("new_products")
    raw = folder / "files"
    raw.mkdir()
    return warehouse.build(
        folder / "build",
        chain(raw),
        *warehouse.WITH_DATA_TESTS,
        *("--vars", "{backtest_folds: 3}"),
        source_system="generic",
        as_of_date=str(AS_OF.date()),
    )


@pytest.fixture(scope="module")
def forecasts(build):
    """Champion's forecast of the second week ahead, one row per pair."""
    table = build.query(
        "select * from marts.fct_forecasts where is_champion and horizon = 2"
    )
    return table.set_index(["location_id", "product_id"]).sort_index()


@pytest.mark.parametrize("category", LEVELS)
def test_a_launch_starts_at_the_level_of_its_category(forecasts, category):
    launch = forecasts.loc[("S1", f"{category}New")]
    assert launch["model"] == "new_product"
    assert launch["forecast_units"] == pytest.approx(LEVELS[category], rel=0.4)


def test_a_product_known_elsewhere_starts_near_its_own_level(forecasts):
    best = forecasts.loc[("S2", "TeaBest"), "forecast_units"]
    assert 1.7 * LEVELS["Tea"] < best < BEST_SELLER_LEVEL


def test_a_launch_is_less_certain_than_what_has_a_history(forecasts):
    width = (forecasts["q90"] - forecasts["q10"]) / forecasts["forecast_units"]
    for category in LEVELS:
        launch = width[("S1", f"{category}New")]
        assert launch > 1.05 * width[("S1", f"{category}4")]


def test_a_launch_is_ordered_with_more_safety(build):
    table = build.table("marts.fct_reorder_recommendations").set_index(
        ["location_id", "product_id"]
    )
    launch, known = table.loc[("S1", "TeaNew")], table.loc[("S1", "Tea0")]
    assert launch["order_qty_units"] > 0
    share = table["safety_stock_units"] / table["lead_time_demand_units"]
    assert share[("S1", "TeaNew")] > share[("S1", "Tea0")]
    assert known["order_qty_units"] == 0
    method = build.query(
        "select method from marts.fct_lead_time_demand where product_id = 'TeaNew'"
    )
    assert method["method"].tolist() == ["new product"]


def test_a_product_that_is_merely_empty_stays_planned(build, forecasts):
    # Nobody says that it ended: what others still order may only have been forgotten.
    assert forecasts.loc[("S1", "TeaDropped"), "forecast_units"] > 0
    found = build.row(
        "select life_cycle_state, is_discontinued"
        " from intermediate.int_stock_positions"
        " where location_id = 'S1' and product_id = 'TeaDropped'"
    )
    assert found == {"life_cycle_state": "dormant", "is_discontinued": False}


def test_every_pair_of_the_chain_has_a_champion(build, forecasts):
    assert not forecasts.index.duplicated().any()
    pairs = build.table("marts.fct_reorder_recommendations")
    assert len(forecasts) == len(pairs)
