"""Hand-made chains in the generic format, and projects with other policies."""

import shutil
from pathlib import Path

import pandas as pd
import warehouse

DBT_PARTS = ("models", "python_models", "macros", "seeds", "tests")
DBT_FILES = ("dbt_project.yml", "profiles.yml", "vars.yml")
POLICIES = Path("seeds") / "parameters" / "replenishment_policies.csv"


def write_tables(folder, **tables):
    """Write each table, a list of dicts or a frame, as a csv file of that name."""
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return folder


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
