"""Turn the history of the weekly grocery case into the generic input files.

    python benchmarks/vn2/generic_inputs.py FOLDER OUT

FOLDER holds the four files of week 0 (sales, in stock, master, initial state); OUT
receives what `make build SOURCE_SYSTEM=generic RAW_DATA_DIR=OUT` reads. Weeks are
stamped with their Monday; the opening state is a count at the close of the last week;
stock in transit is an open order. An order is sold from the third week on: two weeks
of lead time and one of review.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import pandas as pd

KEYS = ["Store", "Product"]
IDS = ["location_id", "product_id"]

# Not stated by the case. One currency unit a piece keeps money and units alike.
UNIT_COST = 1.0
UNIT_PRICE = 2.0

LEAD_TIME_DAYS = 14
REVIEW_DAYS = 7


def main() -> None:
    """Read the four files and write the generic ones."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, frame in convert(arguments.folder).items():
        frame.to_csv(arguments.out / f"{name}.csv", index=False)


def convert(folder: Path) -> dict[str, pd.DataFrame]:
    """Generic tables from the files of week 0.

    Args:
        folder: Folder that holds them.

    Returns:
        Frame of each generic file, by its name.

    Raises:
        FileNotFoundError: A file is not there.
    """
    case = read(folder)
    last_week = pd.Timestamp(case.sales.columns[-1])
    state = case.state
    return tables(
        case,
        last_week,
        on_hand=state["End Inventory"],
        in_transit=[state["In Transit W+1"], state["In Transit W+2"]],
    )


class Case(NamedTuple):
    """Files of week 0, rows of one order.

    Attributes:
        sales: Units by pair and week.
        in_stock: Whether there was stock, by pair and week.
        master: Attributes of the pairs.
        state: Stock at the end of week 0 and in transit.
    """

    sales: pd.DataFrame
    in_stock: pd.DataFrame
    master: pd.DataFrame
    state: pd.DataFrame


def read(folder: Path) -> Case:
    """Read the files of week 0, all in the order of pairs.

    Args:
        folder: Folder that holds them.

    Returns:
        Frames indexed by store and product.

    Raises:
        FileNotFoundError: A file is not there.
    """
    frames = [
        _read(folder, table).set_index(KEYS).sort_index()
        for table in ("Sales", "In Stock", "Master", "Initial State")
    ]
    sales, in_stock = frames[:2]
    return Case(sales, in_stock[sales.columns], *frames[2:])


def tables(
    case: Case,
    last_week: pd.Timestamp,
    *,
    on_hand: pd.Series,
    in_transit: list[pd.Series],
) -> dict[str, pd.DataFrame]:
    """Generic tables as they stand at the end of a week.

    Args:
        case: Files of week 0.
        last_week: Monday of the week; sales after it are left out.
        on_hand: Stock at its end, by pair.
        in_transit: Stock that can be sold one week later, two weeks later, by pair.

    Returns:
        Frame of each generic file, by its name.
    """
    weeks = [week for week in case.sales.columns if pd.Timestamp(week) <= last_week]
    sales = _long(case.sales[weeks].reset_index(), "sale_date", "units")
    in_stock = _long(case.in_stock[weeks].reset_index(), "period_date", "is_in_stock")
    master = case.master.reset_index()
    state = on_hand.rename("on_hand").reset_index()
    on_shelf = in_stock.rename(columns={"period_date": "sale_date"})
    sales = sales.merge(on_shelf, on=[*IDS, "sale_date"])
    # A week without stock sold nothing and says nothing of demand.
    sales = sales[sales["is_in_stock"] | (sales["units"] > 0)]
    products = master.drop_duplicates("Product").sort_values("Product")
    stores = master.drop_duplicates("Store").sort_values("Store")
    pairs = _ids(state)
    transit = [
        pairs.assign(
            po_id=f"transit-{week}-" + pairs["location_id"] + "-" + pairs["product_id"],
            vendor_id="V1",
            ordered_date=last_week - pd.Timedelta(days=7 * (2 - week) + 1),
            units=units.to_numpy(),
            unit_cost=UNIT_COST,
            expected_date=last_week + pd.Timedelta(days=7 * week),
        )
        for week, units in enumerate(in_transit, start=1)
    ]
    orders = pd.concat(transit)
    return {
        "products": pd.DataFrame(
            {
                "product_id": products["Product"],
                "description": "Product " + products["Product"].astype(str),
                "vendor_id": "V1",
                "unit_cost": UNIT_COST,
                "unit_price": UNIT_PRICE,
                "category": products["Department"],
            }
        ),
        "locations": pd.DataFrame(
            {
                "location_id": stores["Store"],
                "location_name": "Store " + stores["Store"].astype(str),
                "region": stores["Format"],
            }
        ),
        "vendors": pd.DataFrame(
            {
                "vendor_id": ["V1"],
                "vendor_name": ["Distribution centre"],
                "lead_time_days": [LEAD_TIME_DAYS],
                "review_days": [REVIEW_DAYS],
                "min_order_value": [0],
                "order_cost": [0],
            }
        ),
        "sales": sales[[*IDS, "sale_date", "units"]],
        "stock_counts": pairs.assign(
            count_date=last_week + pd.Timedelta(days=6), units=state["on_hand"]
        ),
        "availability": in_stock,
        "purchase_order_lines": orders[orders["units"] > 0],
    }


def _read(folder: Path, table: str) -> pd.DataFrame:
    """The file of week 0 that is named after a table."""
    found = sorted(folder.glob(f"Week 0 - *{table}.csv"))
    if not found:
        raise FileNotFoundError(f"no file 'Week 0 - ... {table}.csv' in {folder}")
    return pd.read_csv(found[0])


def _ids(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "location_id": frame["Store"].astype(str),
            "product_id": frame["Product"].astype(str),
        }
    )


def _long(frame: pd.DataFrame, date: str, value: str) -> pd.DataFrame:
    """One row per pair and week from one column per week."""
    weeks = frame.drop(columns=KEYS)
    return pd.concat([_ids(frame), weeks], axis=1).melt(
        id_vars=IDS, var_name=date, value_name=value
    )


if __name__ == "__main__":
    main()
