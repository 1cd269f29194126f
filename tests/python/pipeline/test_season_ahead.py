"""What sells eight weeks a year is ordered in time, on an empty shelf."""

import handmade
import numpy as np
import pandas as pd
import pytest
import warehouse

FIRST_WEEK = pd.Timestamp("2021-01-04")
WEEKS = 150
# Two weeks of lead time and one of review end in the first week of the third season.
AS_OF_DATE = "2023-11-19"
SEASONAL, STEADY = ["S0", "S1", "S2"], ["T0", "T1", "T2", "T3", "T4", "T5"]


def is_season(week: pd.Timestamp) -> bool:
    """December and January."""
    return (week + pd.Timedelta(days=3)).month in (12, 1)


def chain() -> dict[str, list[dict]]:
    """Seasonal products sell 30 a week in season, and the last of them sells out.

    Steady ones sell 10 a week and are bought when less than 25 are left.
    """
    generator = np.random.default_rng(3)
    sales, lines, counts = [], [], []
    for product in [*SEASONAL, *STEADY]:
        ids = {"location_id": "L1", "product_id": product}
        counts.append({**ids, "count_date": "2021-01-03", "units": 0})
        stock = 0
        for number in range(WEEKS):
            week = FIRST_WEEK + pd.Timedelta(weeks=number)
            if product in SEASONAL:
                demand = generator.poisson(30) if is_season(week) else 0
                bought = 30 if is_season(week) else 0
            else:
                demand = generator.poisson(10)
                bought = 20 if stock < 25 else 0
            if bought:
                lines.append(
                    {
                        **ids,
                        "po_id": f"{product}-{number}",
                        "vendor_id": "V1",
                        "ordered_date": week - pd.Timedelta(days=14),
                        "received_date": week,
                        "units": bought,
                        "unit_cost": 5,
                    }
                )
            stock += bought
            sold = min(stock, demand)
            # The end of a season leaves nothing.
            stock = stock - sold if product in STEADY or is_season(week) else 0
            if sold:
                sales.append(
                    {**ids, "sale_date": week + pd.Timedelta(days=6), "units": sold}
                )
    return {
        "products": [
            {
                "product_id": product,
                "description": product,
                "vendor_id": "V1",
                "unit_cost": 5,
                "unit_price": 10,
            }
            for product in [*SEASONAL, *STEADY]
        ],
        "locations": [{"location_id": "L1", "location_name": "One"}],
        "vendors": [
            {
                "vendor_id": "V1",
                "vendor_name": "Vendor",
                "lead_time_days": 14,
                "review_days": 7,
            }
        ],
        "sales": sales,
        "purchase_order_lines": lines,
        "stock_counts": counts,
    }


@pytest.fixture(scope="module")
def before_the_season(tmp_path_factory):
    raw = handmade.write_tables(tmp_path_factory.mktemp("season_files"), **chain())
    return warehouse.build(
        tmp_path_factory.mktemp("season"),
        raw,
        *("--vars", "forecast_cpu_budget_seconds: 10"),
        *("--select", "+fct_reorder_recommendations"),
        *warehouse.MODELS_ONLY,
        source_system="generic",
        as_of_date=AS_OF_DATE,
    )


def test_it_is_not_called_discontinued(before_the_season):
    states = before_the_season.table("intermediate.int_life_cycles")
    states = states.set_index("product_id")["life_cycle_state"]
    assert (states[SEASONAL] != "discontinued").all()


def test_it_is_ordered_in_time(before_the_season):
    orders = before_the_season.table("marts.fct_reorder_recommendations")
    orders = orders.set_index("product_id")
    # The protection interval ends on December 10th: one week of the season and a bit.
    expected = orders.loc[SEASONAL, "lead_time_demand_units"]
    assert expected.between(15, 60).all()
    assert (orders.loc[SEASONAL, "order_qty_units"] >= expected - 5).all()


def test_off_season_weeks_were_not_filled_with_lost_sales(before_the_season):
    demand = before_the_season.query(
        "select product_id, sum(unconstrained_units) as demand, sum(sold_units) as sold"
        " from intermediate.int_demand_by_period group by product_id"
    ).set_index("product_id")
    ratio = demand["demand"] / demand["sold"]
    assert (ratio[SEASONAL] < 1.5).all()
