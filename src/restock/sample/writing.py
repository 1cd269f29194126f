"""Writing a chain to files, one store at a time."""

from __future__ import annotations

import datetime
import gzip
import io
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from restock.sample import simulation, tables
from restock.sample.simulation import Chain, StoreHistory

FORMATS = ("csv.gz", "csv", "parquet")
SOURCE_SYSTEMS = ("bibitor", "generic")
GZIP_LEVEL = 6
TRUTH_FILE = Path("truth") / "true_demand.parquet"


class TableFile:
    """A file of a table that grows store by store and always has the same bytes.

    Args:
        folder: Folder to write to.
        table: Name of the table, which becomes the name of the file.
        fmt: One of `FORMATS`.

    Raises:
        FileExistsError: The folder holds the table in another format, so that a
            reader could not tell which one is meant.
    """

    def __init__(self, folder: Path, table: str, fmt: str) -> None:
        """Name the file; it is opened by the first `write`."""
        for other in FORMATS:
            stale = folder / f"{table}.{other}"
            if other != fmt and stale.exists():
                raise FileExistsError(f"{stale} exists beside {table}.{fmt}; remove it")
        self.path = folder / f"{table}.{fmt}"
        self._fmt = fmt
        self._stack = ExitStack()
        self._writer: pa.csv.CSVWriter | pa.parquet.ParquetWriter | None = None

    def __enter__(self) -> Self:
        """Return the file, open for `write`."""
        return self

    def __exit__(self, *failure: object) -> None:
        """Close the file."""
        self._stack.close()

    def write(self, table: pa.Table) -> None:
        """Append rows.

        Args:
            table: Rows, with the same columns at each call.
        """
        if self._writer is None:
            self._writer = self._open(table.schema)
        self._writer.write_table(table)

    def _open(self, schema: pa.Schema) -> pa.csv.CSVWriter | pa.parquet.ParquetWriter:
        if self._fmt == "parquet":
            writer = pa.parquet.ParquetWriter(self.path, schema, compression="zstd")
            return self._stack.enter_context(writer)
        sink: io.IOBase = self._stack.enter_context(self.path.open("wb"))
        if self._fmt == "csv.gz":
            # Neither name nor time, so that the bytes depend on the rows alone.
            sink = self._stack.enter_context(
                gzip.GzipFile("", "wb", GZIP_LEVEL, sink, mtime=0)
            )
        sink.write((",".join(schema.names) + "\n").encode())
        options = pa.csv.WriteOptions(include_header=False, quoting_style="none")
        return self._stack.enter_context(
            pa.csv.CSVWriter(sink, schema, write_options=options)
        )


def _chain_tables(chain: Chain, stores: int, source_system: str) -> dict[str, pa.Table]:
    """Make what is written once, before the first store."""
    shared = {
        "promotions": tables.promotions(chain, chain.promotions, None),
        "price_breaks": tables.price_breaks(chain),
        "signals": tables.macro_signals(chain),
    }
    if source_system == "bibitor":
        return {tables.PRICE_LIST: tables.price_list(chain)} | shared
    return {
        "products": tables.generic_products(chain),
        "locations": tables.generic_locations(stores),
        "vendors": tables.generic_vendors(chain),
    } | shared


def _store_tables(
    chain: Chain, history: StoreHistory, source_system: str
) -> dict[str, pa.Table]:
    """Make what each store adds."""
    shared = {
        "promotions": tables.promotions(chain, history.local_promotions, history.store),
        "signals": tables.weather_signals(chain, history),
    }
    if source_system == "bibitor":
        return shared | {
            tables.OPENING_COUNT: tables.bibitor_counts(
                chain, history, is_closing=False
            ),
            tables.CLOSING_COUNT: tables.bibitor_counts(
                chain, history, is_closing=True
            ),
            tables.PURCHASES: tables.bibitor_purchases(chain, history),
            tables.INVOICES: tables.bibitor_invoices(chain, history),
            tables.SALES: tables.bibitor_sales(chain, history),
        }
    return shared | {
        "sales": tables.generic_sales(chain, history),
        "stock_counts": tables.generic_stock_counts(chain, history),
        "purchase_order_lines": tables.generic_purchase_order_lines(chain, history),
        "invoices": tables.generic_invoices(chain, history),
    }


def write_sample(
    folder: Path,
    *,
    stores: int,
    products: int,
    days: int,
    start_date: datetime.date,
    seed: int,
    fmt: str = "csv.gz",
    source_system: str = "bibitor",
    closing_count_days_later: int = 0,
) -> dict[str, int]:
    """Simulate a chain and write its files and the true demand behind them.

    Memory holds one store at a time. A chain of more stores begins with the stores
    of a smaller one.

    Args:
        folder: Folder to write to, made if absent. Files of the same names are
            replaced.
        stores: Number of stores, one or more.
        products: Number of products, one or more.
        days: Length of the sales window. Days, two or more.
        start_date: First day of the sales window.
        seed: Seed, zero or more. The same seed gives the same bytes.
        fmt: One of `FORMATS`.
        source_system: One of `SOURCE_SYSTEMS`.
        closing_count_days_later: Days from the last sale to the closing count.

    Returns:
        Rows written, by table.

    Raises:
        ValueError: An argument is outside its range.
        FileExistsError: The folder holds a table in another format.
    """
    if stores < 1:
        raise ValueError(f"stores must be 1 or more, got {stores}")
    if fmt not in FORMATS:
        raise ValueError(f"fmt must be one of {FORMATS}, got {fmt!r}")
    if source_system not in SOURCE_SYSTEMS:
        raise ValueError(
            f"source_system must be one of {SOURCE_SYSTEMS}, got {source_system!r}"
        )
    chain = simulation.build_chain(
        seed=seed,
        start_date=start_date,
        days=days,
        products=products,
        closing_count_days_later=closing_count_days_later,
    )
    if source_system == "bibitor":
        names = (*tables.BIBITOR_TABLES, *tables.OPTIONAL_TABLES)
    else:
        names = tables.GENERIC_TABLES
    truth = folder / TRUTH_FILE
    truth.parent.mkdir(parents=True, exist_ok=True)
    rows = dict.fromkeys((*names, "true_demand"), 0)
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(TableFile(folder, name, fmt)) for name in names
        }
        files["true_demand"] = stack.enter_context(
            TableFile(truth.parent, truth.stem, "parquet")
        )

        def write(parts: dict[str, pa.Table]) -> None:
            for name, part in parts.items():
                files[name].write(part)
                rows[name] += part.num_rows

        write(_chain_tables(chain, stores, source_system))
        for store in range(1, stores + 1):
            history = simulation.simulate_store(chain, store)
            write(_store_tables(chain, history, source_system))
            write({"true_demand": tables.true_demand(chain, history)})
    return rows
