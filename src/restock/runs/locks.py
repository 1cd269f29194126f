"""Locks that live as long as the processes that hold them.

They are `flock` locks. Such a lock belongs to an open file: every process that was
handed the descriptor holds it, and when the last of them ends, killed or not, it is
free. No lock is ever found "left over".
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.2
# What a run that was killed this moment may still take to end.
GRACE_SECONDS = 2.0

Tell = Callable[[str], None]


class RefusedError(Exception):
    """A run that does not begin, or whose result is not published; says why."""


def until(
    is_free: Callable[[], bool],
    in_the_way: Callable[[], str],
    *,
    wait: bool,
    tell: Tell,
) -> None:
    """Return as soon as something is free.

    Args:
        is_free: Tries to take it; true where it could.
        in_the_way: Sentence on who has it.
        wait: Wait for as long as it takes; otherwise for `GRACE_SECONDS` only.
        tell: Takes the sentence at the beginning of a wait and whenever it changes.

    Raises:
        RefusedError: It is not free, and `wait` is false.
    """
    refused_from = time.monotonic() + GRACE_SECONDS
    told = None
    while not is_free():
        sentence = in_the_way()
        if not wait and time.monotonic() > refused_from:
            raise RefusedError(sentence)
        if wait and sentence != told:
            tell(f"Waiting: {sentence}")
            told = sentence
        time.sleep(POLL_SECONDS)


def is_taken(descriptor: int) -> bool:
    """Take the lock of an open file, if it is free; true where this did."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_of(database: Path) -> Path:
    """The file whose lock is that of a database. It is never deleted."""
    return database.with_name(f".{database.name}.lock")


@contextmanager
def one_run(database: Path, command: str, *, wait: bool, tell: Tell) -> Iterator[int]:
    """Be the only run on a database.

    Args:
        database: Path of the published file, links resolved; it need not exist.
        command: What the run is, for those who wait for it.
        wait: Wait for the run that has it.
        tell: Takes a sentence on who has it.

    Yields:
        Descriptor of the lock. A process that inherits it holds the lock too.

    Raises:
        RefusedError: Another run has it and `wait` is false, or it cannot be locked.
    """
    try:
        descriptor = os.open(lock_of(database), os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise RefusedError(f"{database} cannot be locked: {error}.") from error
    try:
        until(
            lambda: is_taken(descriptor),
            lambda: f"{_holder(descriptor)} is working on {database}.",
            wait=wait,
            tell=tell,
        )
        since = time.strftime("%Y-%m-%d %H:%M:%S %z")
        _write(descriptor, {"pid": os.getpid(), "since": since, "command": command})
        yield descriptor
        _write(descriptor, {})
    finally:
        os.close(descriptor)


def _write(descriptor: int, holder: dict) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def _holder(descriptor: int) -> str:
    """Who wrote in the file of a lock, in words."""
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        return (
            f"`{holder['command']}` (process {holder['pid']}, since {holder['since']})"
        )
    except (ValueError, KeyError):  # the moment between the lock and its file
        return "another run, which has just begun,"
