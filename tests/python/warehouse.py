"""Build the warehouse as a user does, in a folder of its own, and read its tables."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

REPOSITORY = Path(__file__).parents[2]
SHARED_DATA = REPOSITORY.parent / "shared" / "data"
BUILD_TIMEOUT_SECONDS = 900
# The networks take as long as all the rest; their own tests train them.
WITHOUT_NETWORKS = ("--exclude", "tag:lstm")
MODELS_ONLY = (*WITHOUT_NETWORKS, "--exclude-resource-type", "test", "unit_test")
WITH_DATA_TESTS = (*WITHOUT_NETWORKS, "--exclude-resource-type", "unit_test")


@dataclass(frozen=True)
class Warehouse:
    """A finished build."""

    database: Path

    def query(self, sql: str) -> pd.DataFrame:
        """Rows of a query; dates come as timestamps."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).df()

    def table(self, name: str) -> pd.DataFrame:
        """All rows of `schema.table`."""
        return self.query(f"select * from {name}")

    def row(self, sql: str) -> dict:
        """The only row of a query."""
        (row,) = self.query(sql).to_dict("records")
        return row

    def names(self, *schemas: str) -> list[str]:
        """`schema.table` of every table and view of some schemas, in order."""
        listed = ", ".join(f"'{schema}'" for schema in schemas)
        frame = self.query(
            "select table_schema || '.' || table_name as name"
            f" from information_schema.tables where table_schema in ({listed})"
            " order by name"
        )
        return frame["name"].tolist()


def run_build(
    folder: Path,
    raw: Path,
    *arguments: str,
    project: Path = REPOSITORY,
    **settings: str,
) -> subprocess.CompletedProcess:
    """Run `dbt build` on raw files, whatever its outcome.

    dbt's parse of a project is kept beside the folder, for the builds after it: they
    find their files and settings under the same names, so it holds for them too.

    Args:
        folder: Folder of the database and the logs, new.
        raw: Folder of the raw files.
        *arguments: Further arguments of `dbt build`.
        project: Folder of the dbt project.
        **settings: Environment twins of the settings, `planning_period="day"`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "raw").symlink_to(raw.resolve(strict=True))
    # A user's settings must not change what is tested.
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RESTOCK_", "DBT_"))
    }
    environment |= {f"RESTOCK_{name.upper()}": v for name, v in settings.items()}
    environment |= {
        "RESTOCK_DATABASE": "restock.duckdb",
        "RESTOCK_RAW_DATA_DIR": "raw",
        "DO_NOT_TRACK": "1",
    }
    return subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"),
            *("--quiet", "build"),
            *("--project-dir", str(project), "--profiles-dir", str(project)),
            *("--target-path", str(folder.parent / f"target_{project.name}")),
            *("--log-path", str(folder / "logs")),
            *arguments,
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=BUILD_TIMEOUT_SECONDS,
        check=False,
    )


def build(
    folder: Path,
    raw: Path,
    *arguments: str,
    project: Path = REPOSITORY,
    **settings: str,
) -> Warehouse:
    """Run `dbt build` on raw files; see `run_build`.

    Raises:
        RuntimeError: The build failed; the message is what it printed.
    """
    done = run_build(folder, raw, *arguments, project=project, **settings)
    if done.returncode:
        raise RuntimeError(f"dbt build failed:\n{done.stdout}\n{done.stderr}")
    return Warehouse(folder / "restock.duckdb")
