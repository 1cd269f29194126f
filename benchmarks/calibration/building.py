"""Build what the calibration needs of the warehouse, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import yaml

ROOT = Path(__file__).parents[2]
DATABASE = "restock.duckdb"
# Left out where time matters: the dearest families; ETS, Theta and CES fall back.
DEAR_MODELS = ("int_forecasts_arima", "int_arima_orders", "int_forecasts_forest")
FAST_VARIABLES = {"smoothing_max_series": 0}


def build(
    folder: Path,
    raw: Path,
    *,
    select: str = "+fct_lead_time_demand",
    is_fast: bool = False,
    variables: str = "{}",
    **settings: str,
) -> Path:
    """Run `dbt build` on raw files, without networks and tests.

    dbt's parse of the project is kept beside the folder, for the builds after it.

    Args:
        folder: Folder of the database and the logs; made if it is not there.
        raw: Folder of the raw files; linked as `raw` unless it is that.
        select: What to build, as dbt selects it.
        is_fast: Whether to leave ARIMA and the forest out too, and to let the
            exponential smoothing models fall back.
        variables: dbt vars, as YAML.
        **settings: Environment twins of the settings, `planning_period="day"`.

    Returns:
        The database.

    Raises:
        RuntimeError: The build failed; the message is what it printed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "raw").exists():
        (folder / "raw").symlink_to(raw.resolve(strict=True))
    given = yaml.safe_load(variables) | (FAST_VARIABLES if is_fast else {})
    # A user's settings must not change what is judged.
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RESTOCK_", "DBT_"))
    }
    environment |= {f"RESTOCK_{name.upper()}": v for name, v in settings.items()}
    environment |= {
        "RESTOCK_DATABASE": DATABASE,
        "RESTOCK_RAW_DATA_DIR": "raw",
        "DO_NOT_TRACK": "1",
    }
    done = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "dbt"), "--quiet", "build"),
            *("--project-dir", str(ROOT), "--profiles-dir", str(ROOT)),
            *("--target-path", str(folder.resolve().parent / "target")),
            *("--log-path", str(folder.resolve() / "logs")),
            *("--select", select, "--vars", yaml.safe_dump(given)),
            *("--exclude", "tag:lstm", *(DEAR_MODELS if is_fast else ())),
            *("--exclude-resource-type", "test", "unit_test"),
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"dbt build failed:\n{done.stdout}\n{done.stderr}")
    return folder / DATABASE


def query(database: Path, sql: str) -> pd.DataFrame:
    """Rows of a query on a built database."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).df()


def print_table(frame: pd.DataFrame, title: str = "") -> None:
    """Print a frame as a markdown table, fractions with three digits."""
    lines = [list(frame.columns), ["---"] * frame.shape[1]]
    lines += frame.to_numpy(dtype=object).tolist()
    if title:
        sys.stdout.write(f"{title}\n\n")
    for line in lines:
        sys.stdout.write(f"| {' | '.join(_text(cell) for cell in line)} |\n")
    sys.stdout.write("\n")
    sys.stdout.flush()


def _text(cell: object) -> str:
    if not isinstance(cell, float):
        return str(cell)
    if cell != cell:
        return ""
    return f"{cell:,.0f}" if abs(cell) >= 1000 else f"{cell:.3f}"
