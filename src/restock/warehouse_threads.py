"""Plugin of dbt-duckdb: the threads of a run (profiles.yml).

DuckDB takes all cores of the run: no number of a table hangs on how many they are.
Linear algebra adds in an order that does, so it stays on one; Python uses the others
by processes (`parallel.in_order`).
"""

from __future__ import annotations

import scipy.linalg  # noqa: F401  # its BLAS is another than numpy's: both are bounded
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection
from threadpoolctl import threadpool_limits

from restock import parallel


class Plugin(BasePlugin):
    """Sets the threads of a connection, and of linear algebra in its process."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Give a connection the cores of this run.

        Args:
            conn: Connection, new.

        Raises:
            ValueError: `RESTOCK_THREADS` is no whole number of one or more.
        """
        conn.execute(f"set threads = {parallel.cores()}")
        threadpool_limits(limits=1, user_api="blas")
