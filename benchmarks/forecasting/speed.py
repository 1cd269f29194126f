"""How long a line-up takes, and how much memory: families side by side, one fold.

    python benchmarks/forecasting/speed.py [--series 500 10000] [--family NAME ...]

Builds a small weekly chain as a user does, puts the drawn demand of so many series in
place of `int_demand_by_period`, lets dbt build the panel from it, and runs each family
at the live cutoff in a process of its own, as `dbt build` would: the panel is read part
by part. Prints wall and CPU seconds and the most memory each process held. Nothing is
kept; Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from model_costs import FAMILIES

from restock.forecasting import run_settings

ROOT = Path(__file__).parents[2]
WEEKS = 156
LAST_DAY = pd.Timestamp("2024-12-29")
CATEGORIES = 10
PAIRS_PER_LOCATION = 500
KILOBYTES_PER_GIGABYTE = 2**20
SMALL_SERIES = 20
SEED = 7


def main() -> None:
    """Measure each size and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", nargs="+", type=int, default=[500])
    parser.add_argument("--family", nargs="+", choices=sorted(FAMILIES))
    parser.add_argument("--in-process", nargs=2, metavar=("FAMILY", "DATABASE"))
    arguments = parser.parse_args()
    # ruff: noqa: T201
    if arguments.in_process:
        family, database = arguments.in_process
        print(json.dumps({"rows": forecast(family, database)}))
        return
    rows = []
    for n_series in arguments.series:
        with tempfile.TemporaryDirectory() as folder:
            rows += measure(Path(folder), n_series, arguments.family or list(FAMILIES))
    print(pd.DataFrame(rows).to_string(index=False))


def measure(folder: Path, n_series: int, families: list[str]) -> list[dict]:
    """Build a panel of so many series and run the families on it."""
    raw = folder / "raw"
    raw.mkdir()
    draw(SMALL_SERIES).pipe(write_chain, raw)
    database = folder / "speed.duckdb"
    environment = os.environ | {
        "RESTOCK_DATABASE": str(database),
        "RESTOCK_RAW_DATA_DIR": str(raw),
        "RESTOCK_SOURCE_SYSTEM": "generic",
        "RESTOCK_PLANNING_PERIOD": "week",
        "RESTOCK_AS_OF_DATE": str(LAST_DAY.date()),
    }

    def dbt(*selected: str) -> None:
        command = [
            *(str(Path(sys.executable).parent / "dbt"), "--quiet", "run"),
            *("--target-path", str(folder / "target"), "--select", *selected),
        ]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)

    needed = ["int_forecast_panel", "int_forecast_folds", "int_forecast_settings"]
    seed = ["dbt", "--quiet", "seed", "--target-path", str(folder / "target")]
    seed[0] = str(Path(sys.executable).parent / "dbt")
    subprocess.run(seed, cwd=ROOT, env=environment, check=True)
    dbt(*(f"+{name}" for name in needed))
    replace_demand(database, draw(n_series))
    started = time.perf_counter()
    dbt("int_forecast_panel")
    rows = [row(n_series, "panel (SQL)", time.perf_counter() - started)]
    print(rows[-1], file=sys.stderr)
    for family in families:
        rows.append(run_apart(n_series, family, database))
        print(rows[-1], file=sys.stderr)
    total = {key: sum(entry[key] or 0 for entry in rows) for key in ("wall_s", "cpu_s")}
    peak = max(entry["peak_gb"] or 0 for entry in rows)
    return [*rows, row(n_series, "all", total["wall_s"], total["cpu_s"], peak)]


def row(
    n_series: int,
    step: str,
    wall: float,
    cpu: float | None = None,
    peak: float | None = None,
) -> dict:
    """One line of the table."""
    return {
        "series": n_series,
        "step": step,
        "wall_s": round(wall, 1),
        "cpu_s": None if cpu is None else round(cpu, 1),
        "peak_gb": None if peak is None else round(peak, 2),
    }


def run_apart(n_series: int, family: str, database: Path) -> dict:
    """Run a family in a process of its own; what `wait4` says of it."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, __file__, "--in-process", family, str(database)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{family} failed on {n_series} series")
    return row(
        n_series,
        family,
        time.perf_counter() - started,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / KILOBYTES_PER_GIGABYTE,
    )


def forecast(family: str, database: str) -> int:
    """Run one family at the live cutoff; rows it forecast."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with duckdb.connect(database, read_only=True) as connection:

        def table(name: str) -> duckdb.DuckDBPyRelation:
            return connection.table(f"intermediate.{name}")

        run = run_settings.read(
            settings=table("int_forecast_settings"),
            panel=table("int_forecast_panel"),
            calendar=table("int_forecast_calendar"),
            cutoffs=table("int_forecast_folds").filter("fold_role = 'live'"),
            hyperparameters=connection.table("parameters.model_hyperparameters"),
        )
        return len(FAMILIES[family](run))


def draw(n_series: int) -> pd.DataFrame:
    """Weekly demand of so many series: skewed levels, seasons by category."""
    generator = np.random.default_rng(SEED)
    number = np.arange(n_series)
    level = generator.lognormal(1.5, 1.2, n_series)
    phase = generator.uniform(0, 2 * np.pi, CATEGORIES)[number % CATEGORIES]
    week = np.arange(WEEKS)
    season = 1 + 0.4 * np.sin(2 * np.pi * week / 52 + phase[:, None])
    burst = generator.gamma(2, 0.5, (n_series, WEEKS))
    units = generator.poisson(level[:, None] * season * burst).astype(float)
    series, period = np.indices(units.shape)
    return (
        pd.DataFrame(
            {
                "location_id": [f"L{n // PAIRS_PER_LOCATION}" for n in range(n_series)],
                "product_id": [f"P{n % PAIRS_PER_LOCATION}" for n in range(n_series)],
            }
        )
        .take(series.ravel())
        .assign(period_index=period.ravel(), units=units.ravel())
    )


def write_chain(demand: pd.DataFrame, folder: Path) -> None:
    """Write the generic files of a chain, every product listed."""
    monday = LAST_DAY - pd.Timedelta(days=7 * WEEKS - 1)
    days = monday + pd.to_timedelta(7 * demand["period_index"], unit="D")
    sales = demand.assign(sale_date=days.dt.date)[demand["units"] > 0]
    sales[["location_id", "product_id", "sale_date", "units"]].to_csv(
        folder / "sales.csv", index=False
    )
    pairs = demand[["location_id", "product_id"]].drop_duplicates()
    pairs.assign(count_date=monday.date(), units=1_000_000).to_csv(
        folder / "stock_counts.csv", index=False
    )
    numbers = range(PAIRS_PER_LOCATION)
    pd.DataFrame(
        {
            "product_id": [f"P{n}" for n in numbers],
            "description": [f"P{n}" for n in numbers],
            "vendor_id": "V",
            "unit_cost": 2.0,
            "unit_price": 3.0,
            "category": [f"C{n % CATEGORIES}" for n in numbers],
        }
    ).to_csv(folder / "products.csv", index=False)
    pd.DataFrame({"location_id": ["L0"], "location_name": ["L0"]}).to_csv(
        folder / "locations.csv", index=False
    )
    pd.DataFrame(
        {"vendor_id": ["V"], "vendor_name": ["V"], "lead_time_days": [14]}
    ).to_csv(folder / "vendors.csv", index=False)


def replace_demand(database: Path, demand: pd.DataFrame) -> None:
    """Put drawn demand in place of the small chain's, of the same columns."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            """
            create or replace table intermediate.int_demand_by_period as
            select
                drawn.location_id, drawn.product_id,
                first.period_index + drawn.period_index as period_index,
                calendar.period_date, calendar.period_end_date,
                drawn.units as sold_units, drawn.units as unconstrained_units,
                0 as stockout_days, false as is_stockout, false as is_empty,
                false as is_off_season
            from demand as drawn
            cross join (
                select min(period_index) as period_index
                from intermediate.int_demand_by_period
            ) as first
            inner join intermediate.int_forecast_calendar as calendar
                on first.period_index + drawn.period_index = calendar.period_index
            """
        )


if __name__ == "__main__":
    main()
