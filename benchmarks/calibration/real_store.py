"""Hold the reorder points of a built real store against its own sales.

    python benchmarks/calibration/real_store.py DATABASE [--days 60]
    python benchmarks/calibration/real_store.py --build FOLDER --period day --pairs 300

Reads the marts of one whole build, by day or by week, or builds those of a cut of the
store's six files, and prints four tables.

1. Per class of units sold in the last days: the reorder points beside the quantile of a
   negative binomial at the same service level over the same protection days P (mean
   lead time plus review). Its mean m and variance v per day are the item's own, over
   the days on which it had stock since it was first stocked; v is at least 1.2 m. The
   sum has mean m P and variance v P, to which `--lead-time-spread` adds (m s)^2, s the
   deviation in days of the lead time that the policy plans with. An item in stock on
   fewer than ten days counts as ten, sold nothing on the rest: the rate of a few days
   is chance. A ratio is of one item; a negative binomial's point below one counts as
   one.
2. Champion's live forecast per day over the item's rate in stock, and sum of the
   forecasts of the untouched folds over what came: by the class of table 1, which knows
   what came, and by the class of what had sold up to the first of these cutoffs.
3. Policies replayed on the champion's forecasts.
4. Stock today, on order, and after today's order.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import building
import held_back
import numpy as np
import own_history
import pandas as pd

KEYS = ["location_id", "product_id"]
CLASSES = {"1 to 4": (1, 5), "5 to 19": (5, 20), "20 to 59": (20, 60)}
CLASSES |= {"60 and more": (60, np.inf)}
LEAST_DAYS = 10

TABLES = (
    "fct_lead_time_demand",
    "fct_forecasts",
    "fct_forecast_backtests",
    "fct_policy_backtests",
    "fct_reorder_recommendations",
    "fct_replenishment_policies",
    "fct_sales_daily",
    "fct_stock_daily",
)
ITEMS = """
with

as_of as (

    select max(as_of_date) as as_of_date from marts.fct_reorder_recommendations

),

sold as (

    select
        sales.location_id,
        sales.product_id,
        sum(sales.units) as sold_units
    from marts.fct_sales_daily as sales
    cross join as_of
    where
        sales.sale_date > as_of.as_of_date - {days}
        and sales.sale_date <= as_of.as_of_date
    group by sales.location_id, sales.product_id

),

in_stock as (

    select
        location_id,
        product_id,
        count(*) as days_in_stock,
        sum(sold_units) as units_in_stock,
        sum(sold_units * sold_units) as squares_in_stock
    from marts.fct_stock_daily
    where opening_units + received_units > 0 or sold_units > 0
    group by location_id, product_id

),

forecast as (

    select
        location_id,
        product_id,
        avg(forecast_units) / min(settings.period_days) as forecast_per_day
    from marts.fct_forecasts
    cross join intermediate.int_forecast_settings as settings
    where is_champion
    group by location_id, product_id

)

select
    orders.location_id,
    orders.product_id,
    orders.reorder_point_units,
    sold.sold_units,
    in_stock.days_in_stock,
    in_stock.units_in_stock,
    in_stock.squares_in_stock,
    forecast.forecast_per_day,
    policies.service_level,
    demand.lead_time_mean_days + demand.review_days as protection_days,
    coalesce(demand.lead_time_sd_days, 0) as lead_time_sd_days
from marts.fct_reorder_recommendations as orders
inner join sold using (location_id, product_id)
inner join in_stock using (location_id, product_id)
inner join marts.fct_lead_time_demand as demand using (location_id, product_id)
inner join marts.fct_replenishment_policies as policies
    using (location_id, product_id)
left join forecast using (location_id, product_id)
where not orders.is_discontinued
"""

TEST_FOLDS = """
with

untouched as (

    select
        location_id,
        product_id,
        cutoff_date,
        forecast_units,
        actual_units
    from marts.fct_forecast_backtests
    where is_champion and fold_role = 'test' and actual_units is not null

),

first_cutoff as (

    select min(cutoff_date) as cutoff_date from untouched

),

known as (

    select
        sales.location_id,
        sales.product_id,
        sum(sales.units) as sold_before_units
    from marts.fct_sales_daily as sales
    cross join first_cutoff
    where
        sales.sale_date > first_cutoff.cutoff_date - {days}
        and sales.sale_date <= first_cutoff.cutoff_date
    group by sales.location_id, sales.product_id

),

history as (

    select
        least({days}, 1 + (
            select date_diff('day', min(sale_date), first_cutoff.cutoff_date)
            from marts.fct_sales_daily
        )) as known_days
    from first_cutoff

)

select
    untouched.location_id,
    untouched.product_id,
    sum(untouched.forecast_units) as forecast_units,
    sum(untouched.actual_units) as actual_units,
    coalesce(min(known.sold_before_units), 0) * {days} / min(history.known_days)
        as sold_before_units
from untouched
cross join history
left join known using (location_id, product_id)
group by untouched.location_id, untouched.product_id
"""

POLICIES = """
select
    policy,
    model,
    n,
    total_cost,
    test_cost,
    holding_cost,
    shortage_cost,
    ordering_cost,
    cycle_service,
    fill_rate,
    average_inventory_value
from marts.fct_policy_backtests
where segment = 'all' and model in ('champion', 'none')
order by total_cost
"""

ASKED = """
select avg(service_level) as asked_service
from marts.fct_replenishment_policies
where target = 'cycle_service'
"""

STOCK = """
select
    sum(orders.on_hand_units) as on_hand_units,
    sum(orders.on_hand_units * products.unit_cost) as on_hand_value,
    sum(orders.on_order_units) as on_order_units,
    sum(orders.on_order_units * products.unit_cost) as on_order_value,
    sum(orders.order_qty_units) as order_units,
    sum(orders.order_value) as order_value,
    sum(orders.on_hand_units + orders.on_order_units + orders.order_qty_units)
        as after_units,
    sum(
        (orders.on_hand_units + orders.on_order_units + orders.order_qty_units)
        * products.unit_cost
    ) as after_value
from marts.fct_reorder_recommendations as orders
inner join marts.dim_products as products using (product_id)
"""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database", type=Path, nargs="?", help="a whole build")
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--lead-time-spread", action="store_true")
    parser.add_argument("--build", type=Path, help="six files to cut and build")
    parser.add_argument("--pairs", type=int, default=400, help="brands of the cut")
    parser.add_argument("--period", choices=["week", "day"], default="week")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fast", action="store_true", help="cheap models alone")
    given = parser.parse_args()
    if (given.database is None) == (given.build is None):
        parser.error("name a database, or with --build a folder")
    if given.database:
        report(given.database, given.days, with_spread=given.lead_time_spread)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        generator = np.random.default_rng(given.seed)
        held_back.cut_store(given.build, folder / "raw", given.pairs, generator)
        database = building.build(
            folder / given.period,
            folder / "raw",
            select=" ".join(f"+{table}" for table in TABLES),
            is_fast=given.fast,
            source_system="bibitor",
            planning_period=given.period,
        )
        report(database, given.days, with_spread=given.lead_time_spread)


def report(database: Path, days: int, *, with_spread: bool) -> None:
    """Print the tables of a built database."""
    items = building.query(database, ITEMS.format(days=days))
    items = items.join(daily_moments(items))
    items["reference"] = reference_points(items, with_spread=with_spread)
    folds = building.query(database, TEST_FOLDS.format(days=days))
    building.print_table(levels(items), f"Reorder points, sold in {days} days")
    building.print_table(forecasts(items, folds), "Forecasts over what came")
    asked = building.query(database, ASKED)["asked_service"].iloc[0]
    replay = building.query(database, POLICIES)
    building.print_table(replay, f"Replay; cycle service asked {asked:.3f}")
    building.print_table(building.query(database, STOCK), "Stock")


def daily_moments(items: pd.DataFrame) -> pd.DataFrame:
    """Mean and variance of a day in stock.

    Args:
        items: `days_in_stock`, and over them `units_in_stock` and `squares_in_stock`,
            the sums of units sold and of their squares.

    Returns:
        `mean_per_day` and `variance_per_day` (n - 1), by item.
    """
    days = items["days_in_stock"].clip(lower=LEAST_DAYS)
    mean = items["units_in_stock"] / days
    variance = (items["squares_in_stock"] - days * mean**2) / (days - 1)
    return pd.DataFrame({"mean_per_day": mean, "variance_per_day": variance})


def reference_points(items: pd.DataFrame, *, with_spread: bool = False) -> pd.Series:
    """Reorder point of the negative binomial of each item's own history.

    Args:
        items: `mean_per_day`, `variance_per_day`, `protection_days`,
            `lead_time_sd_days`, `service_level`.
        with_spread: Whether the lead time's deviation adds to the variance.

    Returns:
        Units, whole, by item.
    """
    mean, days = items["mean_per_day"], items["protection_days"]
    variance = items["variance_per_day"].clip(
        lower=own_history.LEAST_VARIANCE_RATIO * mean
    )
    if with_spread:
        variance += (mean * items["lead_time_sd_days"]) ** 2 / days
    return own_history.quantile(items["service_level"], mean, variance, days)


def levels(items: pd.DataFrame) -> pd.DataFrame:
    """Reorder points beside the reference, per class and in all."""
    rows = []
    for name, part in _classes(items, "sold_units"):
        ratio = part["reorder_point_units"] / part["reference"].clip(lower=1)
        often = part["sold_units"] >= 20
        rows.append(
            {
                "sold": name,
                "items": len(part),
                "unknown": int(part["reorder_point_units"].isna().sum()),
                "reorder points": float(part["reorder_point_units"].sum()),
                "neg. binomial": float(part["reference"].sum()),
                "sum ratio": part["reorder_point_units"].sum()
                / part["reference"].sum(),
                "ratio 10 %": ratio.quantile(0.1),
                "ratio median": ratio.median(),
                "ratio 90 %": ratio.quantile(0.9),
                "ratio max": ratio.max(),
                "sold 20+, ratio > 2": int((often & (ratio > 2)).sum()),
            }
        )
    return pd.DataFrame(rows)


def forecasts(items: pd.DataFrame, folds: pd.DataFrame) -> pd.DataFrame:
    """Forecasts over the own rate and over what came, per class and in all."""
    judged = items.merge(folds, on=KEYS, how="left")
    before = dict(_classes(judged, "sold_before_units"))
    rows = []
    for name, part in _classes(judged, "sold_units"):
        known = part.dropna(subset=["forecast_per_day"])
        earlier = before.get(name, judged.iloc[:0])
        rows.append(
            {
                "sold": name,
                "live over rate": known["forecast_per_day"].sum()
                / known["mean_per_day"].sum(),
                "live over rate, median": (
                    known["forecast_per_day"] / known["mean_per_day"]
                ).median(),
                "test over actual": part["forecast_units"].sum()
                / part["actual_units"].sum(),
                "test actual units": float(part["actual_units"].sum()),
                "by sold before": earlier["forecast_units"].sum()
                / earlier["actual_units"].sum(),
                "its items": len(earlier),
            }
        )
    return pd.DataFrame(rows)


def _classes(frame: pd.DataFrame, column: str) -> list[tuple[str, pd.DataFrame]]:
    """Rows of each class by units sold, and all that sold."""
    parts = [
        (name, frame[frame[column].ge(low) & frame[column].lt(high)])
        for name, (low, high) in CLASSES.items()
    ]
    parts = [(name, part) for name, part in parts if len(part)]
    return [*parts, ("all", frame[frame[column] >= 1])]


if __name__ == "__main__":
    main()
