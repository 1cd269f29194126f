"""Time and memory of a chain of any size, node by node, beside SQL written by hand.

`.venv/bin/python benchmarks/scale/chain.py --stores 80 --products 2750 --days 366`
writes the chain with restock.sample into a folder (or takes one with --files), runs
`dbt build` without tests and then the plan alone, and prints what each cost: whole
process, dearest nodes with rows and the memory that the process had while they ran,
and the same files through by_hand.sql. Results are kept as JSON beside the files.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[2]
# Ends of the SQL part: files to ledger, demand and KPIs.
SQL_MODELS = (
    "fct_stock_daily",
    "int_demand_by_period",
    "int_economic_order_quantities",
    "int_abc_classes",
    "int_inventory_performance_monthly",
)


class Memory(threading.Thread):
    """Resident memory of a process and its children, sampled each half second."""

    def __init__(self, pid: int) -> None:
        """Watch a process until it ends."""
        super().__init__(daemon=True)
        self.pid = pid
        self.samples: list[tuple[float, float]] = []

    def run(self) -> None:
        """Sample until the process is gone."""
        while (used := resident_gb(self.pid)) > 0:
            self.samples.append((time.time(), used))
            time.sleep(0.5)

    def peak(self, start: float = 0.0, end: float = float("inf")) -> float:
        """Largest sample of a span. GB."""
        return max((gb for at, gb in self.samples if start <= at <= end), default=0.0)


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def resident_gb(pid: int) -> float:
    """Resident memory of a process and of all below it. GB; zero once it is gone."""
    children: dict[int, list[int]] = {}
    memory: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            lines = (folder / "status").read_text().splitlines()
        except OSError:
            continue
        fields = dict(line.split(":", 1) for line in lines if ":" in line)
        if "VmRSS" in fields:
            number = int(folder.name)
            memory[number] = int(fields["VmRSS"].split()[0])
            children.setdefault(int(fields["PPid"]), []).append(number)
    total, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        total += memory.get(one, 0)
        waiting += children.get(one, [])
    return total / 2**20


def run_dbt(folder: Path, files: Path, name: str, *arguments: str) -> dict:
    """Run dbt on the files; what it cost, whole and by node."""
    target = folder / name
    environment = os.environ | {
        "RESTOCK_DATABASE": str(folder / "restock.duckdb"),
        "RESTOCK_RAW_DATA_DIR": str(files),
        "DO_NOT_TRACK": "1",
    }
    started = time.time()
    process = subprocess.Popen(
        [
            str(Path(sys.executable).parent / "dbt"),
            *("--quiet", "build", "--exclude-resource-type", "test", "unit_test"),
            *("--project-dir", str(ROOT), "--profiles-dir", str(ROOT)),
            *("--target-path", str(target), "--log-path", str(target)),
            *arguments,
        ],
        env=environment,
    )
    memory = Memory(process.pid)
    memory.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.time() - started
    if status:
        sys.exit(f"dbt failed: {target}/dbt.log")
    nodes = []
    for result in json.loads((target / "run_results.json").read_text())["results"]:
        if result["unique_id"].startswith("model."):
            spans = {t["name"]: t for t in result["timing"]}
            start, end = (
                datetime.fromisoformat(spans["execute"][key]).timestamp()
                for key in ("started_at", "completed_at")
            )
            nodes.append(
                {
                    "model": result["unique_id"].split(".")[-1],
                    "seconds": result["execution_time"],
                    "memory_gb": memory.peak(start, end),
                }
            )
    return {
        "what": name,
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_gb": memory.peak(),
        "nodes": sorted(nodes, key=lambda node: -node["seconds"]),
    }


def by_hand(folder: Path, files: Path, threads: int) -> float:
    """Seconds that the hand-written SQL takes for the same files."""
    database = folder / "by_hand.duckdb"
    database.unlink(missing_ok=True)
    text = (Path(__file__).parent / "by_hand.sql").read_text()
    started = time.time()
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"set threads = {threads}")
        connection.execute("set memory_limit = '6GB'")
        for statement in text.format(folder=files).split(";"):
            if statement.strip():
                connection.execute(statement)
    return time.time() - started


def report(database: Path, results: list[dict]) -> None:
    """Print each run and its dearest nodes with their rows."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = dict(
            connection.execute(
                "select table_name, estimated_size from duckdb_tables()"
            ).fetchall()
        )
    for result in results:
        say(
            f"\n{result['what']}: {result['seconds']:.0f} s, "
            f"{result['cpu_seconds']:.0f} CPU s, peak {result['peak_gb']:.1f} GB"
        )
        for node in result["nodes"][:10]:
            say(
                f"  {node['seconds']:8.1f} s {node['memory_gb']:6.1f} GB "
                f"{rows.get(node['model'], 0):14,} rows  {node['model']}"
            )


def main() -> None:
    """Write a chain, run it, print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "target" / "scale")
    parser.add_argument("--files", type=Path, help="six files that are there already")
    parser.add_argument("--stores", type=int, default=20)
    parser.add_argument("--products", type=int, default=1100)
    parser.add_argument("--days", type=int, default=366)
    parser.add_argument("--without-networks", action="store_true")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    results = []
    files = chosen.files
    if files is None:
        files = chosen.folder / f"files_{chosen.stores}_{chosen.products}_{chosen.days}"
        if not files.exists():
            started = time.time()
            shape = ("stores", "products", "days")
            options = [f"--{name}={getattr(chosen, name)}" for name in shape]
            subprocess.run(
                [
                    *(sys.executable, "-m", "restock.sample", "--format=csv"),
                    *(f"--out={files}", *options),
                ],
                check=True,
            )
            say(f"files written in {time.time() - started:.0f} s")
    database = chosen.folder / "restock.duckdb"
    database.unlink(missing_ok=True)
    without = ("--exclude", "tag:lstm") if chosen.without_networks else ()
    results.append(run_dbt(chosen.folder, files, "build", *without))
    results.append(run_dbt(chosen.folder, files, "plan", "--selector", "plan"))
    report(database, results)
    seconds = by_hand(chosen.folder, files, os.cpu_count() or 1)
    sql_seconds = sql_part(chosen.folder, results[1])
    say(
        f"\nby hand: {seconds:.0f} s; nodes of the plan from files to ledger, demand "
        f"and KPIs, in turn: {sql_seconds:.0f} s, {sql_seconds / seconds:.1f} times"
    )
    (chosen.folder / "results.json").write_text(json.dumps(results, indent=1))


def sql_part(folder: Path, result: dict) -> float:
    """Seconds of the nodes that the hand-written SQL stands beside, one by one."""
    nodes = json.loads((folder / "plan" / "manifest.json").read_text())["nodes"]
    parents = {
        node["name"]: [name.split(".")[-1] for name in node["depends_on"]["nodes"]]
        for node in nodes.values()
        if node["resource_type"] == "model"
    }
    needed, waiting = set(), list(SQL_MODELS)
    while waiting:
        name = waiting.pop()
        if name in parents and name not in needed:
            needed.add(name)
            waiting += parents[name]
    return sum(n["seconds"] for n in result["nodes"] if n["model"] in needed)


if __name__ == "__main__":
    main()
