"""dbt in a process that ends with the run that started it, and its workers with it.

It is handed the locks of the run and holds them as long as it lives: should the run be
killed, no other begins while this one may still write. Its workers do not, so that one
who outlives it holds up nobody.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from importlib.metadata import entry_points


def main() -> None:
    """Run dbt: `dbt_process WATCH LOCK,LOCK ARGUMENT...`.

    WATCH is the reading end of a pipe whose other end only the run holds; the locks
    are descriptors too. The process leads a process group of its own.
    """
    watch = int(sys.argv[1])
    locks = [int(descriptor) for descriptor in sys.argv[2].split(",")]
    for descriptor in (watch, *locks):
        os.set_inheritable(descriptor, False)
    os.register_at_fork(after_in_child=lambda: _close_all(locks))
    threading.Thread(target=_end_with_the_run, args=(watch,), daemon=True).start()
    sys.argv = ["dbt", *sys.argv[3:]]
    dbt = next(iter(entry_points(group="console_scripts", name="dbt"))).load()
    sys.exit(dbt())


def _close_all(descriptors: list[int]) -> None:
    # Emptied, because children of a child find the same list.
    while descriptors:
        os.close(descriptors.pop())


def _end_with_the_run(watch: int) -> None:
    os.read(watch, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
