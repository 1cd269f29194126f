"""One run of dbt on a database, from the lock to what readers see."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from restock.runs import folders, locks, publishing
from restock.runs.locks import RefusedError, Tell

# What dbt builds for a command.
COMMANDS = {"build": (), "plan": ("--selector", "plan")}
# What commands on the project read of the last published run, in target/.
ARTIFACTS = ("manifest.json", "run_results.json")
PARSE = Path("target", "partial_parse.msgpack")

PUBLISHED, FAILED, REFUSED = 0, 1, 2


@dataclass(frozen=True)
class RunResult:
    """How a run ended.

    Attributes:
        outcome: `published`; `failed`, where dbt or one of its tests did; `refused`,
            where the run did not begin or what it built could not be published.
        message: The same in a sentence or two, with the place of the log.
        folder: Folder of the run; none where it did not begin.
        log: dbt's log; none where it did not begin.
    """

    outcome: Literal["published", "failed", "refused"]
    message: str
    folder: Path | None = None
    log: Path | None = None

    @property
    def exit_code(self) -> int:
        """Exit status of a command: 0, 1 or 2, in the order of the outcomes."""
        return {"published": PUBLISHED, "failed": FAILED, "refused": REFUSED}[
            self.outcome
        ]


def run(
    command: str,
    database: Path | str,
    *,
    project: Path | str = ".",
    wait: bool = True,
    dbt_arguments: Sequence[str] = (),
    tell: Tell = lambda _: None,
) -> RunResult:
    """Build a database aside and publish it if every model and test passed.

    dbt runs in the folder of the project, with the environment of this process.

    Args:
        command: One of `COMMANDS`.
        database: The published file; need not exist.
        project: Folder of the dbt project.
        wait: Wait for another run on the database, and for other programs that have
            it open for writing; otherwise refuse.
        dbt_arguments: Further arguments of `dbt build`.
        tell: Takes sentences on what goes on.

    Returns:
        How it ended. Only `published` changed what readers see.

    Raises:
        KeyError: Unknown command.
    """
    order = _Order(
        arguments=[*COMMANDS[command], *dbt_arguments],
        project=Path(project).resolve(),
        database=Path(database).resolve(),
        wait=wait,
        tell=tell,
    )
    name = shlex.join([command, *dbt_arguments])
    try:
        with (
            locks.one_run(order.database, name, wait=wait, tell=tell) as lock,
            folders.new_folder(order.project / "target" / "runs") as (folder, lease),
        ):
            started = time.monotonic()
            result = _run_in(folder, order, (lock, lease))
            seconds = round(time.monotonic() - started, 1)
            folders.write_result(
                folder,
                {
                    "command": name,
                    "outcome": result.outcome,
                    "message": result.message,
                    "seconds": seconds,
                },
            )
            return result
    except RefusedError as refusal:
        return RunResult("refused", str(refusal))


@dataclass(frozen=True)
class _Order:
    """What was asked for.

    Attributes:
        arguments: Of `dbt build`.
        project: Folder of the dbt project, links resolved.
        database: The published file, links resolved.
        wait: Wait for others.
        tell: Takes sentences.
    """

    arguments: list[str]
    project: Path
    database: Path
    wait: bool
    tell: Tell


def _run_in(folder: Path, order: _Order, held: tuple[int, int]) -> RunResult:
    """Build in a folder and publish, both locks held."""
    # DuckDB calls the catalog after the file, links resolved; views depend on it.
    database, working = order.database, folder / order.database.name
    target, log = folder / "target", folder / "logs" / "dbt.log"
    target.mkdir()
    link = folders.link_of(folder, database)
    folders.succeed(link, folder, taken_over=PARSE)
    try:
        copied = publishing.copy(database, working, wait=order.wait, tell=order.tell)
    except RefusedError as refusal:
        return RunResult("refused", str(refusal))
    where = f"dbt's log is {log.relative_to(order.project)}."
    order.tell(f"Building and testing aside; {where}")
    status = _dbt(
        [
            *("build", "--quiet", *order.arguments),
            *("--target-path", str(target), "--log-path", str(log.parent)),
        ],
        order.project,
        str(link.relative_to(order.project) / working.name),
        held,
    )
    where = f"Nothing is published; {where}"
    if working.exists():
        built = working.relative_to(order.project)
        where += f" What was built stays until the next run: {built}."
    if status:
        end = f"status {status}"
        if status < 0:
            end = signal.Signals(-status).name
            end += ", often for want of memory" if end == "SIGKILL" else ""
        return RunResult("failed", f"dbt ended with {end}. {where}", folder, log)
    try:
        publishing.publish(working, database, copied, wait=order.wait, tell=order.tell)
    except RefusedError as refusal:
        return RunResult("refused", f"{refusal} {where}", folder, log)
    for artifact in ARTIFACTS:
        shutil.copy(target / artifact, folder / artifact)
        (folder / artifact).replace(order.project / "target" / artifact)
    return RunResult("published", f"{database} is published.", folder, log)


def _dbt(
    arguments: list[str], project: Path, working: str, held: tuple[int, ...]
) -> int:
    """Run dbt; its exit status, negative the signal that ended it.

    Whatever ends this process ends dbt and its workers, and the other way round
    nothing of them is left when this returns.
    """
    watch, alive = os.pipe()
    try:
        process = subprocess.Popen(
            # -P: what lies in the project's folder is no module.
            [
                *(sys.executable, "-P", "-m", "restock.runs.dbt_process"),
                *(str(watch), ",".join(map(str, held)), *arguments),
            ],
            cwd=project,
            env={**os.environ, "RESTOCK_DATABASE": working},
            stdin=subprocess.DEVNULL,
            process_group=0,
            pass_fds=(watch, *held),
        )
        try:
            return process.wait()
        finally:
            _end_group(process)
    finally:
        os.close(watch)
        os.close(alive)


def _end_group(leader: subprocess.Popen) -> None:
    """End the leader of a process group and what is left of the group.

    Asked first: Python's keeper of shared memory does not listen, but clears up and
    ends once the others are gone.
    """
    for request, seconds in ((signal.SIGTERM, 1.0), (signal.SIGKILL, 0.0)):
        deadline = time.monotonic() + seconds
        try:
            os.killpg(leader.pid, request)
            while time.monotonic() < deadline:
                leader.poll()
                os.killpg(leader.pid, 0)
                time.sleep(0.01)
        except ProcessLookupError:
            break
    leader.wait()
