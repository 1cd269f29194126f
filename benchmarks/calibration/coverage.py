"""Judge published lead-time demand where the law of demand is known.

    python benchmarks/calibration/coverage.py --law independent trending --seed 1 2 3

Per law, length, weekday and period: writes a chain (`chains.make`), builds
`fct_lead_time_demand` and prints per class of demand and in total

    80 % ... 97.5 %  mean over items of P(demand <= published quantile), by the true
                     law; "exact" beside it is what the law's own quantile reaches,
                     which counts lift above the level
    error            standard error of the 95 % figure over items
    bias             published mean over true mean less one, of sums and item by item
    width            published over true 95 % quantile, median and 90 % quantile over
                     items
    asked, achieved  service level and P(demand <= reorder point) of items with a cycle
                     service as target and no lot

Seeds are pooled: what a chain's items share (a season found in noise) is one draw per
seed. `--database` judges a build that was made of the same chain; `--folder` keeps the
files.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import building
import chains
import numpy as np
import pandas as pd

QUANTILES = {"q80": 0.80, "q90": 0.90, "q95": 0.95, "q975": 0.975}
CLASSES = ["label", "demand_class", "lead_time", "method", "model"]
LEAD_TIME_BANDS = {"03 to 07 d": (0, 7), "08 to 14 d": (7, 14), "15 to 21 d": (14, 21)}
PUBLISHED = """
select
    published.product_id,
    published.lead_time_demand_units as mean_units,
    published.q80_units as q80,
    published.q90_units as q90,
    published.q95_units as q95,
    published.q975_units as q975,
    published.lead_time_mean_days,
    published.lead_time_sd_days,
    published.review_days,
    published.method,
    published.model,
    classes.demand_class,
    requirements.service_level,
    case
        when
            requirements.target = 'cycle_service'
            and coalesce(requirements.economic_lot_units, 0) = 0
            then ceil(simulated.reorder_point_units - 1e-6)
    end as reorder_point_units
from marts.fct_lead_time_demand as published
inner join intermediate.int_lead_time_demand_simulated as simulated
    on
        simulated.scenario = 'base'
        and published.location_id = simulated.location_id
        and published.product_id = simulated.product_id
inner join intermediate.int_replenishment_requirements as requirements
    on
        requirements.scenario = 'base'
        and published.location_id = requirements.location_id
        and published.product_id = requirements.product_id
inner join intermediate.int_demand_classes as classes
    on
        published.location_id = classes.location_id
        and published.product_id = classes.product_id
"""


class Case(NamedTuple):
    """What one table is about."""

    law: str
    length: str
    weekday: str
    period: str


def main() -> None:
    """Build and print one table per case, and a summary of several."""
    given = arguments()
    cases = itertools.product(given.law, given.length, given.weekday, given.period)
    totals = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        for case in itertools.starmap(Case, cases):
            began = time.monotonic()
            judged = pd.concat(run(case, seed, given, folder) for seed in given.seed)
            table = summarise(judged, given.by)
            title = (
                f"{case.law}, {case.length} by {case.period} on a {case.weekday}, "
                f"review {given.review_days} d, seeds {given.seed}"
            )
            building.print_table(table, title)
            totals.append(case._asdict() | table.iloc[-1].to_dict())
            sys.stderr.write(f"{title}: {time.monotonic() - began:.0f} s\n")
    if len(totals) > 1:
        building.print_table(pd.DataFrame(totals).drop(columns=given.by), "All cases")


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--law", nargs="+", choices=chains.LAWS, default=["independent"]
    )
    parser.add_argument("--length", nargs="+", choices=chains.LENGTHS, default=["2y"])
    parser.add_argument(
        "--weekday", nargs="+", choices=chains.WEEKDAYS, default=["tuesday"]
    )
    parser.add_argument(
        "--period", nargs="+", choices=["week", "day"], default=["week"]
    )
    parser.add_argument("--seed", nargs="+", type=int, default=[1], help="pooled")
    parser.add_argument("--items", type=int, default=240, help="of each seed")
    parser.add_argument("--review-days", type=int, default=7)
    parser.add_argument("--lead-time-variation", type=float, default=0.0)
    parser.add_argument("--order-cost", type=float, default=0.0)
    parser.add_argument("--draws", type=int, default=4000)
    parser.add_argument("--by", choices=CLASSES, default="label")
    parser.add_argument("--fast", action="store_true", help="cheap models alone")
    parser.add_argument("--vars", default="{}", help="dbt vars, as YAML")
    parser.add_argument("--folder", type=Path, help="keep files and databases here")
    parser.add_argument("--database", type=Path, help="a build of the only chain")
    return parser.parse_args()


def run(case: Case, seed: int, given: argparse.Namespace, folder: Path) -> pd.DataFrame:
    """Make a chain, build it in a folder and judge every item."""
    chain = chains.make(
        case.law,
        n_items=given.items,
        length=case.length,
        weekday=case.weekday,
        review_days=given.review_days,
        lead_time_variation=given.lead_time_variation,
        order_cost=given.order_cost,
        seed=seed,
    )
    its_folder = folder / "-".join([*case, str(seed)])
    database = given.database or building.build(
        its_folder,
        chain.write(its_folder / "raw"),
        is_fast=given.fast,
        variables=given.vars,
        source_system="generic",
        planning_period=case.period,
        as_of_date=f"{chain.as_of:%Y-%m-%d}",
    )
    return judge(chain, building.query(database, PUBLISHED), given.draws)


def judge(chain: chains.Chain, published: pd.DataFrame, n_draws: int) -> pd.DataFrame:
    """Compare each published distribution with draws of the truth.

    Args:
        chain: The chain.
        published: Rows of `PUBLISHED`.
        n_draws: Draws of each item's truth.

    Returns:
        One row per item: its `CLASSES`; of each quantile the probability that demand
        does not exceed it, and that of the exact quantile; means, 95 % quantiles, level
        asked and achieved. What was not published is NaN.
    """
    rows = []
    by_product = published.set_index("product_id")
    for item in chain.items:
        row = {"label": item.law.label, "product_id": item.product_id}
        demand = item.protection_demand(n_draws)
        if item.product_id not in by_product.index:
            rows.append(row)
            continue
        found = by_product.loc[item.product_id]
        row |= {name: found[name] for name in ("method", "model", "demand_class")}
        for band, (above, longest) in LEAD_TIME_BANDS.items():
            if above < item.lead_time_days <= longest:
                row["lead_time"] = band
        for name, level in QUANTILES.items():
            exact = np.quantile(demand, level, method="inverted_cdf")
            row[name] = share_up_to(demand, found[name])
            row[f"{name} exact"] = share_up_to(demand, exact)
        row["mean"] = found["mean_units"]
        row["true mean"] = demand.mean()
        true_q95 = np.quantile(demand, 0.95)
        row["width"] = found["q95"] / true_q95 if true_q95 > 0 else np.nan
        if not pd.isna(found["reorder_point_units"]):
            row["asked"] = found["service_level"]
            row["achieved"] = share_up_to(demand, found["reorder_point_units"])
        rows.append(row)
    return pd.DataFrame(rows)


def share_up_to(demand: chains.Floats, units: float) -> float:
    """Share of draws, in rising order, that do not exceed so many units."""
    if pd.isna(units):
        return np.nan
    return float(np.searchsorted(demand, units + 1e-9, side="right") / len(demand))


def summarise(judged: pd.DataFrame, by: str) -> pd.DataFrame:
    """One row per class and one for all of them.

    Args:
        judged: Rows of `judge`.
        by: Column that holds the class.

    Returns:
        Columns as the docstring of the module names them.
    """
    parts = [*judged.groupby(by, sort=True), ("all", judged)]
    return pd.DataFrame([{by: name} | _measures(part) for name, part in parts])


def _measures(part: pd.DataFrame) -> dict[str, object]:
    known = part.dropna(subset=["mean"])
    row: dict[str, object] = {"items": len(known)}
    for name, level in QUANTILES.items():
        row[f"{100 * level:g} %"] = known[name].mean()
        row[f"exact {100 * level:g}"] = known[f"{name} exact"].mean()
    row["error"] = known["q95"].std() / np.sqrt(max(len(known), 1))
    row["bias"] = known["mean"].sum() / known["true mean"].sum() - 1
    row["bias by item"] = (known["mean"] / known["true mean"]).mean() - 1
    row["width"] = known["width"].median()
    row["width 90"] = known["width"].quantile(0.9)
    for name in ("asked", "achieved"):
        row[name] = known[name].mean() if name in known else np.nan
    return row


if __name__ == "__main__":
    main()
