"""Work on all cores: the same parts, the same results, whatever their number."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import joblib

Result = TypeVar("Result")


def cores() -> int:
    """Cores that a run may use: `RESTOCK_THREADS`, by default all of this process.

    Raises:
        ValueError: `RESTOCK_THREADS` is no whole number of one or more.
    """
    stated = os.environ.get("RESTOCK_THREADS", "")
    if not stated:
        return joblib.cpu_count()
    if not stated.isdecimal() or int(stated) < 1:
        raise ValueError(f"RESTOCK_THREADS must be 1 or more, got {stated!r}")
    return int(stated)


def in_order(
    function: Callable[..., Result], parts: Sequence[tuple[Any, ...]]
) -> Iterator[Result]:
    """Call a function with the arguments of each part, in processes of their own.

    What a part gives must not hang on which parts run beside it. A single part, and a
    run on one core, stay in this process. Algebra runs on one thread in each.

    Args:
        function: Function of a module; its arguments and its result are pickled.
        parts: Arguments of each call.

    Yields:
        Results in the order of the parts.
    """
    n_jobs = min(cores(), len(parts))
    if n_jobs < 2:
        for part in parts:
            yield function(*part)
        return
    calls = (joblib.delayed(function)(*part) for part in parts)
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        workers = joblib.Parallel(n_jobs=n_jobs, return_as="generator")
    yield from workers(calls)
