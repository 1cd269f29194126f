"""Copy the published database and put another in its place, each whole.

A reader keeps the file that it opened. A program that has the file open for writing
would go on to write its log beside the file that took its place, and readers would get
its rows on top of that, or an error; so nothing is copied or published beside a writer.
DuckDB marks what it has open by POSIX locks, and those are what is asked for here.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from restock.runs import locks
from restock.runs.locks import RefusedError, Tell

# Opening a database puts its log into it and deletes the log.
OPEN_AND_CLOSE = "import sys, duckdb; duckdb.connect(sys.argv[1]).close()"


class State(NamedTuple):
    """What tells a file from every later one of its name."""

    inode: int
    size_bytes: int
    modified_ns: int


def log_of(database: Path) -> Path:
    """DuckDB's log of what is not in the file yet."""
    return database.with_name(f"{database.name}.wal")


def copy(database: Path, working: Path, *, wait: bool, tell: Tell) -> State | None:
    """Copy the published database, whole, to work on.

    Args:
        database: The published file; where there is none, nothing is copied.
        working: Where the copy goes.
        wait: Wait for a program that has the file open for writing.
        tell: Takes a sentence on that.

    Returns:
        State of the file that was copied, none where there was none.

    Raises:
        RefusedError: A program has it open for writing, or it cannot be opened.
    """
    _aside(database).unlink(missing_ok=True)
    while True:
        with _no_writer(database, wait=wait, tell=tell):
            if not database.exists():
                return None
            if not log_of(database).exists():
                shutil.copy(database, working)
                return _state(database)
        # A write by hand was cut off.
        _make_whole(database)


def publish(
    working: Path, database: Path, copied: State | None, *, wait: bool, tell: Tell
) -> None:
    """Put a finished database in the place of the one that it began as.

    Args:
        working: The finished file; gone afterwards.
        database: The published file.
        copied: What `copy` returned.
        wait: Wait for a program that has the file open for writing.
        tell: Takes a sentence on that.

    Raises:
        RefusedError: A program has it open for writing, or wrote to it in the meantime.
    """
    if not working.exists():
        raise RefusedError(f"dbt wrote no {working.name}.")
    if log_of(working).exists():
        _make_whole(working)
    _to_disk(working)
    with _no_writer(database, wait=wait, tell=tell):
        has_changed = _state(database) != copied
        if has_changed or (copied and log_of(database).exists()):
            raise RefusedError(
                f"{database} was written by another program during the run. Publishing "
                "would undo that: run again."
            )
        # Of a file that somebody deleted.
        log_of(database).unlink(missing_ok=True)
        try:
            working.replace(database)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            # On another file system: copied beside, then renamed there.
            shutil.copy(working, _aside(database))
            _to_disk(_aside(database))
            _aside(database).replace(database)
            working.unlink()
    _to_disk(database.parent)


def _aside(database: Path) -> Path:
    return database.with_name(f".{database.name}.publishing")


def _state(database: Path) -> State | None:
    try:
        found = database.stat()
    except FileNotFoundError:
        return None
    return State(found.st_ino, found.st_size, found.st_mtime_ns)


@contextmanager
def _no_writer(database: Path, *, wait: bool, tell: Tell) -> Iterator[None]:
    """Hold off those who would write to a file; readers may come and go."""
    if not database.exists():
        yield
        return
    with database.open("rb") as file:
        locks.until(
            lambda: _is_shared(file),
            lambda: (
                f"{database} is open for writing in another program: a dbt command run "
                "by hand, a DuckDB shell without -readonly."
            ),
            wait=wait,
            tell=tell,
        )
        yield


def _is_shared(file: BinaryIO) -> bool:
    try:
        fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _make_whole(database: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OPEN_AND_CLOSE, str(database)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or log_of(database).exists():
        said = done.stderr.strip().splitlines()[-1:] or ["its log stayed"]
        raise RefusedError(f"{database} could not be made whole: {said[0]}")


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
