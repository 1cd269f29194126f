"""Say what the edits of the working tree do to today's orders.

The plan is built twice on the same data, with the code of a commit and with that of
the working tree, each with its own library and into its own database. What differs is
printed as a table and as markdown, which is also kept in `target/impact.md`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pandas as pd
import yaml

from restock.replenishment import impact

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "target" / "impact.md"
SETTINGS = ("SOURCE_SYSTEM", "RAW_DATA_DIR", "PLANNING_PERIOD", "AS_OF_DATE")
MODELS_ONLY = ("--exclude-resource-type", "test", "unit_test")
WANTED = ("--select", "+fct_reorder_recommendations")
REQUIREMENTS = """
select
    location_id, product_id, segment, target, service_level,
    period_days, elapsed_periods,
    lead_time_mean_periods, lead_time_sd_periods, review_periods,
    holding_cost_per_unit_period, shortage_cost_per_unit, order_cost, unit_margin,
    economic_lot_units, inventory_position_units, on_hand_units,
    own_demand_units, demand_dispersion
from intermediate.int_replenishment_requirements
where scenario = 'base'
"""


def git(*arguments: str) -> None:
    """Run a git command in the repository, silently if it succeeds."""
    subprocess.run(
        ["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True
    )


def build(project: Path, folder: Path, raw: Path, arguments: list[str]) -> Path:
    """Build the plan of a project, with its own library, and return the database."""
    folder.mkdir()
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RESTOCK_", "DBT_"))
    }
    for name in SETTINGS:
        environment[f"RESTOCK_{name}"] = os.environ.get(f"RESTOCK_{name}", "")
    environment |= {
        "RESTOCK_RAW_DATA_DIR": str(raw),
        "RESTOCK_DATABASE": str(folder / "restock.duckdb"),
        "PYTHONPATH": str(project / "src"),
        "DO_NOT_TRACK": "1",
    }
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"),
            *("--quiet", "build", "--project-dir", str(project)),
            *("--profiles-dir", str(project)),
            *("--target-path", str(folder / "target")),
            *("--log-path", str(folder / "logs")),
            *MODELS_ONLY,
            *WANTED,
            *arguments,
        ],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"dbt build of {project} failed:\n{done.stdout}")
    return folder / "restock.duckdb"


def read(database: Path) -> impact.Plan:
    """Read the orders of a database and what they were decided on."""
    with duckdb.connect(str(database), read_only=True) as connection:

        def rows(query: str) -> pd.DataFrame:
            return connection.execute(query).df()

        champions = rows("select * from intermediate.int_champion_forecasts")
        is_live = champions["fold_role"] == "live"
        return impact.Plan(
            orders=rows("select * from marts.fct_reorder_recommendations"),
            forecasts=champions[is_live],
            residuals=champions[~is_live],
            requirements=rows(REQUIREMENTS),
        )


def main() -> None:
    """Build both, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="origin/main", help="commit to compare with")
    parser.add_argument(
        "arguments", nargs="*", help="further arguments of dbt build, after --"
    )
    chosen = parser.parse_args()
    raw = ROOT / (os.environ.get("RESTOCK_RAW_DATA_DIR") or "data/sample")
    variables = yaml.safe_load((ROOT / "vars.yml").read_text())["vars"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        base_project = folder / "project"
        git("worktree", "add", "--detach", str(base_project), chosen.base)
        try:
            plans = {
                side: read(build(project, folder / side, raw, chosen.arguments))
                for side, project in (("base", base_project), ("edit", ROOT))
            }
        finally:
            git("worktree", "remove", "--force", str(base_project))
    changes = impact.order_changes(plans["base"].orders, plans["edit"].orders)
    totals = impact.plan_totals(
        plans, n_paths=variables["simulation_paths"], seed=variables["random_seed"]
    )
    markdown = impact.report(changes, totals)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(markdown)
    words = impact.totals_in_words(changes, totals).to_string(index=False)
    listed = impact.changes_in_words(changes).to_string(index=False)
    sys.stdout.write(
        f"Today's orders, {chosen.base} against the working tree\n\n{words}\n\n"
        + (f"Largest changes\n\n{listed}\n\n" if len(changes) else "")
        + f"As markdown, in {REPORT.relative_to(ROOT)}:\n\n{markdown}"
    )


if __name__ == "__main__":
    main()
