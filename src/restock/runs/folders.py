"""A folder per run, and what killed runs left behind.

`target/runs/ID` holds the database in the making, dbt's target folder and its log. A
run holds the lock of its folder, so that one whose lock is free is of a run that ended;
one without a result, of a run that was killed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from restock.runs import locks

RESULT = "result.json"
# Folders of ended runs, and what is kept of them: dbt's target folder, with the parse
# that the next run takes over, and its log.
KEPT_FOLDERS = 5
KEPT_ENTRIES = {"target", "logs", RESULT}


@contextmanager
def new_folder(runs: Path) -> Iterator[tuple[Path, int]]:
    """Clear what killed runs left, and open the folder of this one.

    Args:
        runs: Folder of the folders; made where it is missing.

    Yields:
        The folder, new and empty, and the descriptor of its lock.
    """
    runs.mkdir(parents=True, exist_ok=True)
    # Between a folder and its lock no other run may look.
    parent = os.open(runs, os.O_RDONLY)
    try:
        locks.until(
            lambda: locks.is_taken(parent),
            lambda: f"another run is opening its folder in {runs}.",
            wait=True,
            tell=lambda _: None,
        )
        _clear(runs)
        folder = runs / f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.getpid()}"
        folder.mkdir()
        lease = os.open(folder, os.O_RDONLY)
        locks.is_taken(lease)
    finally:
        os.close(parent)
    try:
        yield folder, lease
    finally:
        os.close(lease)


def link_of(folder: Path, database: Path) -> Path:
    """A name for a run's folder that is the same in every run on a database.

    dbt parses the project anew, which takes longer than all other overhead, when the
    path of its database is another one.
    """
    digest = hashlib.sha256(str(database).encode()).hexdigest()[:8]
    return folder.parent / f"{database.name}-{digest}"


def succeed(link: Path, folder: Path, *, taken_over: Path) -> None:
    """Make a folder the one that a link leads to, and give up the one before.

    Args:
        link: What `link_of` returned.
        folder: Folder of this run.
        taken_over: A file that is copied from the folder before, if it has it; a path
            within both.
    """
    if link.exists():
        before = link.resolve()
        if (before / taken_over).exists():
            shutil.copy(before / taken_over, folder / taken_over)
        _strip(before)
    made = folder / "link"
    made.symlink_to(folder.name)
    made.replace(link)


def write_result(folder: Path, result: dict) -> None:
    """Say in a run's folder that it ended, and how."""
    (folder / RESULT).write_text(json.dumps(result, indent=2) + "\n")


def _clear(runs: Path) -> None:
    """Delete what killed runs left, and what ended ones need no more.

    The last run of each database keeps all, for a look at what failed.
    """
    linked = {runs / path.readlink() for path in runs.iterdir() if path.is_symlink()}
    ended = [folder for folder in sorted(runs.iterdir()) if _has_ended(folder)]
    finished = [folder for folder in ended if (folder / RESULT).exists()]
    kept = {*finished[-KEPT_FOLDERS:], *linked.intersection(finished)}
    for folder in ended:
        if folder not in kept:
            shutil.rmtree(folder)
        elif folder not in linked:
            _strip(folder)


def _strip(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name not in KEPT_ENTRIES:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _has_ended(folder: Path) -> bool:
    if folder.is_symlink() or not folder.is_dir():
        return False
    lease = os.open(folder, os.O_RDONLY)
    try:
        return locks.is_taken(lease)
    finally:
        os.close(lease)
