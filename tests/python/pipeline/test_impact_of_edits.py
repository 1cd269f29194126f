"""`make impact` on a few products: an edit of SQL, of a seed, of the library."""

import json
import os
import shutil
import subprocess
import sys

import handmade
import numpy as np
import pandas as pd
import pytest
import warehouse

WEEKS = 30
CHEAP = {"forecast_cpu_budget_seconds": 0.5, "backtest_folds": 4}
PRODUCTS = ("as_before", "by_sql", "by_seed", "by_library")

LIBRARY_EDIT = """

_unedited = simulate


def simulate(*arguments, **options):
    result = _unedited(*arguments, **options)
    levels = ["lead_time_demand_units", "reorder_point_units"]
    result.loc[result["product_id"] == "by_library", levels] += 50
    return result
"""
SQL_EDIT = """
select * from latest

union all

select 'S1', 'by_sql', null, 777, 'an edit', null
"""


def chain(folder):
    generator = np.random.default_rng(6)
    sundays = pd.date_range("2023-01-08", periods=WEEKS, freq="7D").date
    units = {product: generator.poisson(20, WEEKS) for product in PRODUCTS}
    return handmade.weekly_store(folder, units, sundays, stock=5, lead_time_days=7)


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What is printed for a working tree with an edit of each kind."""
    project = tmp_path_factory.mktemp("edits") / "project"
    project.mkdir()
    handmade.project_copy(project)
    for name in ("src", ".ci"):
        shutil.copytree(
            warehouse.REPOSITORY / name,
            project / name,
            ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"),
        )
    git = ("git", "-C", str(project), "-c", "user.name=a", "-c", "user.email=a@b.c")
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "base"], check=True)

    replenishment = project / "models" / "intermediate" / "replenishment"
    model = replenishment / "int_overrides_in_force.sql"
    model.write_text(model.read_text().replace("\nselect * from latest\n", SQL_EDIT))
    with (project / handmade.POLICIES).open("a") as seed:
        seed.write("product,by_seed,,0.5,,,,,,,,0002\n")
    replenishment = project / "src" / "restock" / "replenishment"
    library = replenishment / "levels" / "lead_time_demand.py"
    library.write_text(library.read_text() + LIBRARY_EDIT)

    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RESTOCK_", "DBT_", "PYTHONPATH"))
    }
    environment |= {
        "RESTOCK_SOURCE_SYSTEM": "generic",
        "RESTOCK_RAW_DATA_DIR": str(chain(tmp_path_factory.mktemp("raw"))),
        "PYTHONPATH": str(project / "src"),
    }
    done = subprocess.run(
        [
            *(sys.executable, str(project / ".ci" / "impact.py"), "--base", "HEAD"),
            *("--", *warehouse.WITHOUT_NETWORKS, "--vars", json.dumps(CHEAP)),
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=warehouse.BUILD_TIMEOUT_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    left = subprocess.run(
        [*git, "worktree", "list"], check=True, capture_output=True, text=True
    )
    assert len(left.stdout.splitlines()) == 1
    assert (project / "target" / "impact.md").read_text() in done.stdout
    return done.stdout


def lines(said):
    """Cells of the listed changes by product."""
    rows = [row.strip("| ").split(" | ") for row in said.splitlines()]
    return {row[1]: row for row in rows if row[0] == "S1"}


def test_each_edit_is_in_the_list_and_nothing_else(said):
    assert set(lines(said)) == {"by_sql", "by_seed", "by_library"}
    assert "| lines changed |  |  | 3 |" in said
    assert lines(said)["by_sql"][3] == "777"
    # 50 more expected, and what the textbook holds against their noise.
    assert float(lines(said)["by_library"][4]) >= 50
    seeded = lines(said)["by_seed"]
    assert float(seeded[3]) < float(seeded[2])


def test_totals_are_printed_as_table_and_as_markdown(said):
    for measure in (
        "units ordered",
        "spend",
        "expected fill rate, as the base sees demand",
        "expected cost, as the edit sees demand",
    ):
        assert said.count(measure) == 2
