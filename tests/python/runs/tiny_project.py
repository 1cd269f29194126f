"""A dbt project of a few seconds, and its runs as processes of their own.

`first` and `last` carry the mark of their run, `history` those of all runs so far; a
database is one whole run where all end in the same mark. Each run leaves a worker.
"""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from restock.runs import locks

FILES = {
    "dbt_project.yml": "{name: tiny, version: 1.0.0, profile: tiny}",
    "profiles.yml": """
tiny:
  target: dev
  outputs:
    dev: {type: duckdb, path: "{{ env_var('RESTOCK_DATABASE') }}"}
""",
    "selectors.yml": """
selectors:
  - name: plan
    definition: {method: fqn, value: first}
""",
    "models/models.yml": "models: [{name: last, data_tests: [none_is_bad]}]",
    "macros/none_is_bad.sql": """
{% test none_is_bad(model) %}select * from {{ model }} where marker = 'bad'{% endtest %}
""",
    "models/first.sql": "select '{{ env_var(\"MARKER\") }}' as marker",
    "models/worked.py": """
import os
import time


def model(dbt, session):
    worker = os.fork()
    if worker == 0:
        time.sleep(60)
        os._exit(0)
    with open("worker.pid", "w") as file:
        file.write(str(worker))
    return dbt.ref("first")
""",
    # About half a second.
    "models/slow.sql": """
select count(*) as n from range(50000000) as numbers (x), {{ ref('worked') }}
where hash(x) % 7 = 1
""",
    "models/last.sql": """
select marker from {{ ref('first') }} cross join {{ ref('slow') }}
""",
    "models/history.sql": """
{{ config(materialized='incremental') }} select marker from {{ ref('last') }}
""",
}
TABLES = "{{ config(materialized='table') }}\n"
SECONDS = 120


@dataclass
class Run:
    """A run that was begun."""

    process: subprocess.Popen
    output: Path

    @property
    def said(self):
        return self.output.read_text()

    def ended(self):
        """Its exit status, once it has one."""
        return self.process.wait(timeout=SECONDS)

    def until_said(self, words):
        deadline = time.monotonic() + SECONDS
        while words not in self.said:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"never said {words!r}, but: {self.said}")
            time.sleep(0.02)

    @property
    def log(self):
        """dbt's log, in the folder of the project."""
        return re.search("log is (.*[.]log)[.]", self.said)[1]

    def until_logged(self, n_lines):
        """Wait for dbt to log so many lines, or for the end of the run."""
        log = self.output.parent / self.log
        while self.process.poll() is None:
            if log.exists() and len(log.read_bytes().splitlines()) >= n_lines:
                return
            time.sleep(0.01)

    def dbt(self):
        """Process id of its dbt; none if it has not been started."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[0]) if children else None


@dataclass(frozen=True)
class Project:
    """The project and its database."""

    folder: Path

    @property
    def database(self):
        return self.folder / "restock.duckdb"

    @property
    def log_of_database(self):
        return self.folder / "restock.duckdb.wal"

    def begin(self, marker, *arguments, command="build"):
        """Begin a run, in a session of its own."""
        output = self.folder / f"{marker}.txt"
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("RESTOCK_", "DBT_"))
        }
        with output.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "restock.runs", command, *arguments],
                cwd=self.folder,
                env=environment | {"MARKER": marker, "DO_NOT_TRACK": "1"},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Run(process, output)

    def state(self):
        """Marks of `first`, `last` and all of `history` in the published file."""
        return state(self.database)

    def is_without_worker(self):
        """Whether the worker of the run before ends, within the grace of a kill."""
        deadline = time.monotonic() + locks.GRACE_SECONDS
        while time.monotonic() < deadline:
            try:
                worker = (self.folder / "worker.pid").read_text()
                status = Path(f"/proc/{worker}/stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                return True
            if status.rpartition(")")[2].split()[0] == "Z":
                return True
            time.sleep(0.02)
        return False

    def folders_without(self, name):
        return [
            path
            for path in (self.folder / "target" / "runs").iterdir()
            if not path.is_symlink() and not (path / name).exists()
        ]


def state(database):
    with duckdb.connect(str(database), read_only=True) as connection:
        return tuple(
            [row[0] for row in connection.execute(query).fetchall()]
            for query in (
                "select marker from first",
                "select marker from last",
                "select marker from history order by rowid",
            )
        )


def make(folder):
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        is_table = name.startswith("models/") and name.endswith(".sql")
        begun = TABLES if is_table and "config(" not in text else ""
        path.write_text(begun + text)
    return Project(folder)
