"""Hand-made chains in the generic format, and projects with other policies."""

import shutil
from pathlib import Path

import pandas as pd
import warehouse

DBT_PARTS = ("models", "python_models", "macros", "seeds", "tests")
DBT_FILES = ("dbt_project.yml", "profiles.yml", "selectors.yml", "vars.yml")
POLICIES = Path("seeds") / "parameters" / "replenishment_policies.csv"


def write_tables(folder, **tables):
    """Write each table, a list of dicts or a frame, as a csv file of that name."""
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return folder


def weekly_store(folder, units, days, *, stock, lead_time_days):
    """Write a store of one vendor: weekly sales by product and a last count."""
    ids = [{"location_id": "S1", "product_id": product} for product in units]
    return write_tables(
        folder,
        products=[
            {
                "product_id": product,
                "description": product,
                "vendor_id": "V1",
                "unit_cost": 3.0,
                "unit_price": 5.0,
            }
            for product in units
        ],
        locations=[{"location_id": "S1", "location_name": "Store"}],
        vendors=[
            {
                "vendor_id": "V1",
                "vendor_name": "Vendor",
                "lead_time_days": lead_time_days,
            }
        ],
        sales=[
            one | {"sale_date": day, "units": sold}
            for one in ids
            for day, sold in zip(days, units[one["product_id"]], strict=True)
        ],
        stock_counts=[one | {"count_date": days[-1], "units": stock} for one in ids],
    )


def project_copy(folder):
    """Copy the dbt project, to be edited."""
    for name in DBT_PARTS:
        shutil.copytree(
            warehouse.REPOSITORY / name,
            folder / name,
            ignore=shutil.ignore_patterns("python", "oracles", "__pycache__"),
        )
    for name in DBT_FILES:
        shutil.copy(warehouse.REPOSITORY / name, folder)
    return folder


def project_with_policies(folder, *rows):
    """Copy the dbt project and put other rows into the seed of policies."""
    project_copy(folder)
    columns = pd.read_csv(folder / POLICIES, nrows=0).columns
    seed = pd.DataFrame(rows).reindex(columns=columns)
    seed["decision_record"] = "0002"
    seed.to_csv(folder / POLICIES, index=False)
    return folder
