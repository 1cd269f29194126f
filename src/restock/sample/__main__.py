"""Command line of the sample generator: `python -m restock.sample --help`."""

from __future__ import annotations

import argparse
import datetime
import sys
from pathlib import Path

from restock.sample.writing import FORMATS, SOURCE_SYSTEMS, write_sample


def main(arguments: list[str] | None = None) -> int:
    """Write a sample and report the rows of each table.

    Args:
        arguments: Command-line arguments, those of the process if none.

    Returns:
        Exit status.
    """
    parser = argparse.ArgumentParser(
        prog="python -m restock.sample",
        description="Simulate a retail chain day by day and write its files.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--stores", type=int, default=5, help="number of stores")
    parser.add_argument("--products", type=int, default=40, help="number of products")
    parser.add_argument("--days", type=int, default=730, help="days of sales")
    parser.add_argument(
        "--start-date",
        type=datetime.date.fromisoformat,
        default=datetime.date(2024, 1, 1),
        help="first day of sales",
    )
    parser.add_argument("--seed", type=int, default=7, help="same seed, same bytes")
    parser.add_argument("--format", choices=FORMATS, default="csv.gz", dest="fmt")
    parser.add_argument("--source-system", choices=SOURCE_SYSTEMS, default="bibitor")
    parser.add_argument(
        "--closing-count-days-later",
        type=int,
        default=0,
        help="days from the last sale to the closing count",
    )
    chosen = vars(parser.parse_args(arguments))
    folder = chosen.pop("out")
    try:
        rows = write_sample(folder, **chosen)
    except (ValueError, FileExistsError) as error:
        parser.error(str(error))
    for table, count in rows.items():
        sys.stdout.write(f"{table}: {count:,} rows\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
