"""Command line of the runs: `python -m restock.runs --help`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from restock.runs.running import COMMANDS, PUBLISHED, run

SUMMARY = Path("dashboard/print_summary.py")
# With these a part is built, which may be too little for a summary.
SELECTING = {"--select", "-s", "--models", "-m"}
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Build aside, publish, and print what the warehouse says.

    Args:
        arguments: Command-line arguments, those of the process if none.

    Returns:
        Exit status: 0 published, 1 dbt or a test failed, 2 refused.
    """
    parser = argparse.ArgumentParser(
        prog="python -m restock.runs",
        description="Build the database aside and publish it if every test passed.",
        epilog="Other arguments go to dbt build. Run it in the project's folder.",
    )
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument(
        "--database",
        type=Path,
        default=os.environ.get("RESTOCK_DATABASE") or "restock.duckdb",
        help="the published file; RESTOCK_DATABASE, else restock.duckdb",
    )
    parser.add_argument(
        "--no-wait",
        action="store_true",
        default=os.environ.get("RESTOCK_NO_WAIT", "") not in {"", "0"},
        help="refuse, with status 2, where another run has the database;"
        " RESTOCK_NO_WAIT=1",
    )
    chosen, dbt_arguments = parser.parse_known_args(arguments)
    try:
        result = run(
            chosen.command,
            chosen.database,
            wait=not chosen.no_wait,
            dbt_arguments=[word for word in dbt_arguments if word != "--"],
            tell=_say,
        )
    except KeyboardInterrupt:
        _say("Interrupted: nothing is published.")
        return INTERRUPTED
    _say(result.message)
    is_part = not SELECTING.isdisjoint(dbt_arguments)
    if result.exit_code == PUBLISHED and not is_part and SUMMARY.exists():
        subprocess.run([sys.executable, SUMMARY, chosen.database], check=True)
    return result.exit_code


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
