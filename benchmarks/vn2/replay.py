"""Replay the last weeks of the grocery case with `dbt build` alone, once per week.

    python benchmarks/vn2/replay.py FOLDER [--episodes 3] [--weeks 8]

FOLDER holds the four files of week 0. Each episode starts from the stock that the
organisers' benchmark left after a warm-up; then every policy orders at the end of each
week, on what was known: restock by a build on generic files of that week, its
quantities read from `order_qty_units`. An order of week X is sold from week X + 3 on; a
unit left at a week's end costs 0.2, a unit of lost demand 1. The first two weeks of an
episode are decided before it and not counted. Demand of weeks without stock is the mean
of the weeks around them; the share of cost that rests on it is printed.

Progress goes to standard error; Ctrl-C ends the replay.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import generic_inputs
import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from restock.statistics.arrays import Floats

ROOT = Path(__file__).parents[2]
DBT_PARTS = ("models", "python_models", "macros", "seeds", "tests")
DBT_FILES = ("dbt_project.yml", "profiles.yml", "selectors.yml", "vars.yml")
POLICIES = Path("seeds") / "parameters" / "replenishment_policies.csv"

HOLDING_COST = 0.2
SHORTAGE_COST = 1.0
LEAD_WEEKS = 2
UNCOUNTED_WEEKS = 2
WARM_UP_WEEKS = 8
SEASON_WEEKS = 52
AVERAGE_WEEKS = 13
NEIGHBOURS = 4

Order = Callable[[int, Floats, list[Floats]], Floats]


def main() -> None:
    """Replay and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--episodes", type=int, default=3)
    parser.add_argument("--weeks", type=int, default=8)
    parser.add_argument("--skip-restock", action="store_true")
    given = parser.parse_args()
    case = generic_inputs.read(given.folder)
    demand, is_estimated = demand_of(case)
    last = demand.shape[1] - 1
    starts = [last - given.weeks * number for number in range(given.episodes, 0, -1)]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        restock = None if given.skip_restock else Restock(case, Path(folder))
        for start in starts:
            rows += episode(case, demand, is_estimated, start, given.weeks, restock)
    table = pd.DataFrame(rows)
    # ruff: noqa: T201
    print(table.to_string(index=False))
    costs = ["holding_cost", "shortage_cost", "total_cost"]
    print(table.groupby("policy", sort=False)[costs].sum().round(0).to_string())


def episode(
    case: generic_inputs.Case,
    demand: Floats,
    is_estimated: npt.NDArray[np.bool_],
    start: int,
    n_weeks: int,
    restock: Restock | None,
) -> list[dict]:
    """Cost of each policy from the end of week `start` on."""
    opening = np.ceil(4 * average(demand, start - WARM_UP_WEEKS))
    state = opening, [np.zeros(len(demand)) for _ in range(LEAD_WEEKS)]
    warm = organisers(demand, 4)
    *_, state = play(demand, warm, start - WARM_UP_WEEKS, WARM_UP_WEEKS, state)
    policies: dict[str, Order] = {
        "13-week average x season, 4 weeks of cover": organisers(demand, 4),
        "the same, 3 weeks": organisers(demand, 3),
        "perfect foresight": foresight(demand),
    }
    if restock:
        policies["restock"] = restock.order
    rows = []
    for name, order in policies.items():
        left, lost, _ = play(demand, order, start, n_weeks, state)
        counted = slice(UNCOUNTED_WEEKS, None)
        cost = HOLDING_COST * left + SHORTAGE_COST * lost
        estimated = is_estimated[:, start + 1 : start + 1 + n_weeks]
        total = cost[:, counted].sum()
        rows.append(
            {
                "first_week": case.sales.columns[start + 1],
                "policy": name,
                "holding_cost": round(HOLDING_COST * left[:, counted].sum(), 1),
                "shortage_cost": round(SHORTAGE_COST * lost[:, counted].sum(), 1),
                "total_cost": round(total, 1),
                "estimated_share": round(
                    (cost * estimated)[:, counted].sum() / total if total else 0, 3
                ),
            }
        )
        print(rows[-1], file=sys.stderr)
    return rows


def play(
    demand: Floats,
    order: Order,
    start: int,
    n_weeks: int,
    state: tuple[Floats, list[Floats]],
) -> tuple[Floats, Floats, tuple[Floats, list[Floats]]]:
    """Units left and lost of each week, shape (pairs, weeks), and the last state."""
    on_hand, in_transit = state
    left, lost = [], []
    for week in tqdm(range(start, start + n_weeks), file=sys.stderr, leave=False):
        quantity = order(week, on_hand, in_transit)
        stock = on_hand + in_transit[0]
        in_transit = [*in_transit[1:], quantity]
        sold = np.minimum(stock, demand[:, week + 1])
        on_hand = stock - sold
        left.append(on_hand)
        lost.append(demand[:, week + 1] - sold)
    return np.column_stack(left), np.column_stack(lost), (on_hand, in_transit)


def demand_of(
    case: generic_inputs.Case,
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Demand by pair and week, and whether it is an estimate."""
    units = case.sales.to_numpy(dtype=float)
    is_known = case.in_stock.to_numpy(dtype=bool) | (units > 0)
    known = pd.DataFrame(np.where(is_known, units, np.nan)).T
    around = known.rolling(2 * NEIGHBOURS + 1, center=True, min_periods=1).mean()
    estimate = np.round(around.fillna(0).to_numpy().T)
    return np.where(is_known, units, estimate), ~is_known


def average(demand: Floats, week: int) -> Floats:
    """Mean of the last weeks, shape (pairs,)."""
    return demand[:, week - AVERAGE_WEEKS + 1 : week + 1].mean(axis=1)


def organisers(demand: Floats, cover_weeks: int) -> Order:
    """Order up to weeks of cover of the seasonal moving average, as the organisers."""

    def order(week: int, on_hand: Floats, in_transit: list[Floats]) -> Floats:
        known = demand[:, : week + 1]
        total = known.sum(axis=0)
        level = np.convolve(total, np.ones(SEASON_WEEKS) / SEASON_WEEKS, mode="same")
        of_week = np.arange(week + 1) % SEASON_WEEKS
        inside = np.arange(week + 1)
        whole = (inside >= SEASON_WEEKS // 2) & (inside <= week - SEASON_WEEKS // 2)
        ratio = np.where(level > 0, total / np.where(level > 0, level, 1), 1.0)
        index = np.ones(SEASON_WEEKS)
        for place in range(SEASON_WEEKS):
            chosen = whole & (of_week == place)
            if chosen.any():
                index[place] = ratio[chosen].mean()
        factor = index[of_week[-AVERAGE_WEEKS:]]
        base = (known[:, -AVERAGE_WEEKS:] / factor).mean(axis=1)
        ahead = index[(week + 1 + np.arange(cover_weeks)) % SEASON_WEEKS].sum()
        target = np.round(base * ahead)
        return np.maximum(target - on_hand - sum(in_transit), 0.0)

    return order


def foresight(demand: Floats) -> Order:
    """Order what is missing in the week that the order can first be sold."""

    def order(week: int, on_hand: Floats, in_transit: list[Floats]) -> Floats:
        stock = on_hand
        for step, units in enumerate(in_transit, start=1):
            stock = np.maximum(stock + units - demand_at(demand, week + step), 0.0)
        return np.maximum(demand_at(demand, week + LEAD_WEEKS + 1) - stock, 0.0)

    return order


def demand_at(demand: Floats, week: int) -> Floats:
    """Demand of a week; none after the last."""
    return demand[:, week] if week < demand.shape[1] else np.zeros(len(demand))


class Restock:
    """The shipped product: one `dbt build` per week on generic files."""

    def __init__(self, case: generic_inputs.Case, folder: Path) -> None:
        """Copy the project and put the costs of the case into its policies."""
        self.case = case
        self.folder = folder
        for part in DBT_PARTS:
            shutil.copytree(
                ROOT / part,
                folder / part,
                ignore=shutil.ignore_patterns("python", "__pycache__"),
            )
        for file in DBT_FILES:
            shutil.copy(ROOT / file, folder)
        columns = pd.read_csv(folder / POLICIES, nrows=0).columns
        policy = {
            "scope_type": "default",
            "target": "cost",
            "holding_cost_rate_per_year": 0.2,
            "holding_cost_per_unit_year": HOLDING_COST * 365 / 7,
            "shortage_cost_per_unit": SHORTAGE_COST,
            "shortage_cost_margin_multiple": 1,
            "service_level": 0.9,
            "order_cost_per_line": 0,
            "lead_time_days": 7 * LEAD_WEEKS,
            "review_days": 7,
            "decision_record": "0002",
        }
        pd.DataFrame([policy]).reindex(columns=columns).to_csv(
            folder / POLICIES, index=False
        )

    def order(self, week: int, on_hand: Floats, in_transit: list[Floats]) -> Floats:
        """Quantities that a build at the end of a week proposes."""
        raw = self.folder / "raw"
        raw.mkdir(exist_ok=True)
        pairs = self.case.sales.index
        monday = pd.Timestamp(self.case.sales.columns[week])
        frames = generic_inputs.tables(
            self.case,
            monday,
            on_hand=pd.Series(on_hand, index=pairs),
            in_transit=[pd.Series(units, index=pairs) for units in in_transit],
        )
        for name, frame in frames.items():
            frame.to_csv(raw / f"{name}.csv", index=False)
        database = self.folder / "vn2.duckdb"
        database.unlink(missing_ok=True)
        subprocess.run(
            [
                *(str(Path(sys.executable).parent / "dbt"), "--quiet", "build"),
                *("--exclude", "tag:lstm"),
                *("--exclude-resource-type", "test", "unit_test"),
                *("--select", "+fct_reorder_recommendations"),
            ],
            cwd=self.folder,
            env=os.environ
            | {
                "RESTOCK_SOURCE_SYSTEM": "generic",
                "RESTOCK_RAW_DATA_DIR": str(raw),
                "RESTOCK_DATABASE": str(database),
                "RESTOCK_PLANNING_PERIOD": "week",
            },
            check=True,
        )
        with duckdb.connect(str(database), read_only=True) as connection:
            table = connection.execute(
                "select location_id, product_id, order_qty_units"
                " from marts.fct_reorder_recommendations"
            ).df()
        quantity = table.set_index(["location_id", "product_id"])["order_qty_units"]
        keys = [(str(store), str(product)) for store, product in pairs]
        return quantity.reindex(keys).fillna(0.0).to_numpy()


if __name__ == "__main__":
    main()
