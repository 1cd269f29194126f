"""Judge published lead-time demand on real histories, by the days that are held back.

    python benchmarks/calibration/held_back.py store FOLDER --period day --pairs 400
    python benchmarks/calibration/held_back.py year FOLDER
    python benchmarks/calibration/held_back.py grocery FOLDER --cutoffs 3

`store` cuts the six files of a store to some of its brands and ends three weeks before
the last sale; `grocery` is the weekly case (`benchmarks/vn2/generic_inputs.py`) ended
before its last three weeks, further cutoffs three weeks apart before that; `year` is
the same with no more than 52 weeks of history. Each cutoff is a build of what was known
at its close.

A sum that came is that of the days of lead time plus review after the as-of date, the
lead time drawn from its published mean and deviation. Pairs that were out of stock in
between are left out: what they sold is not what was wanted. Leaving them out takes
high demand away, so that coverage looks a little better than it is.

Printed per class of demand: share of sums at or below, and below, a published quantile
(a count's atom lies between the two; a level between them is met), published mean over
what came, pinball losses beside those of a negative binomial with the mean and the
variance of the pair's own last year ("own"), and 95 % quantile over mean.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import building
import chains
import numpy as np
import own_history
import pandas as pd

sys.path.append(str(Path(__file__).parents[1] / "vn2"))
import generic_inputs

KEYS = ["location_id", "product_id"]
QUANTILES = {"q80": 0.80, "q90": 0.90, "q95": 0.95, "q975": 0.975}
HELD_BACK_DAYS = 21
LEAD_TIME_DRAWS = 200
RECEIPTS = 10
PUBLISHED = """
with

history as (

    select
        demand.location_id,
        demand.product_id,
        avg(demand.sold_units) as mean_per_period,
        coalesce(var_samp(demand.sold_units), 0) as variance_per_period
    from intermediate.int_demand_by_period as demand
    cross join intermediate.int_forecast_settings as settings
    where
        not demand.is_empty
        and demand.period_end_date > settings.as_of_date - 365
    group by demand.location_id, demand.product_id

)

select
    published.location_id,
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
    classes.demand_class,
    history.mean_per_period,
    history.variance_per_period,
    (published.lead_time_mean_days + published.review_days) / settings.period_days
        as protection_periods
from marts.fct_lead_time_demand as published
inner join intermediate.int_demand_classes as classes
    on
        published.location_id = classes.location_id
        and published.product_id = classes.product_id
inner join history
    on
        published.location_id = history.location_id
        and published.product_id = history.product_id
cross join intermediate.int_forecast_settings as settings
where published.lead_time_demand_units is not null
order by published.location_id, published.product_id
"""


class Cutoff(NamedTuple):
    """What is known at a close, and what came after it.

    Attributes:
        as_of: Date of the close.
        raw: Folder of the files.
        source_system: Their format.
        demand: Units of each day after the close, by pair, shape
            (pairs, HELD_BACK_DAYS); NaN where stock was out.
    """

    as_of: pd.Timestamp
    raw: Path
    source_system: str
    demand: pd.DataFrame


def main() -> None:
    """Build each cutoff and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", choices=["store", "year", "grocery"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--period", choices=["week", "day"], default="week")
    parser.add_argument("--pairs", type=int, default=400, help="most pairs, drawn")
    parser.add_argument("--cutoffs", type=int, default=1, help="of the grocery case")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fast", action="store_true", help="cheap models alone")
    parser.add_argument("--vars", default="{}", help="dbt vars, as YAML")
    parser.add_argument("--work", type=Path, help="keep files and databases here")
    given = parser.parse_args()
    generator = np.random.default_rng(given.seed)
    judged = []
    with tempfile.TemporaryDirectory() as scratch:
        work = given.work or Path(scratch)
        if given.case == "store":
            cutoffs = store(given.folder, work, given.pairs, generator)
        else:
            weeks = 52 if given.case == "year" else None
            cutoffs = grocery(
                given.folder, work, given.pairs, given.cutoffs, weeks, generator
            )
        for cutoff in cutoffs:
            began = time.monotonic()
            database = building.build(
                work / f"{cutoff.as_of:%Y-%m-%d}",
                cutoff.raw,
                is_fast=given.fast,
                variables=given.vars,
                source_system=cutoff.source_system,
                planning_period=given.period,
                as_of_date=f"{cutoff.as_of:%Y-%m-%d}",
            )
            published = building.query(database, PUBLISHED)
            judged.append(judge(published, cutoff.demand, generator))
            sys.stderr.write(f"{cutoff.as_of:%F}: {time.monotonic() - began:.0f} s\n")
    table = pd.concat(judged, ignore_index=True)
    title = f"{given.case} by {given.period}, {len(judged)} cutoffs, seed {given.seed}"
    building.print_table(summarise(table), title)


def store(
    folder: Path, work: Path, most_pairs: int, generator: np.random.Generator
) -> Iterator[Cutoff]:
    """The six files of a store, cut to some brands, before its last three weeks."""
    raw = work / "raw"
    frames = cut_store(folder, raw, most_pairs, generator)
    sales = _frame(frames, "Sales")
    brands = np.sort(sales["Brand"].unique())
    last_date = pd.to_datetime(sales["SalesDate"]).max()
    as_of = last_date - pd.Timedelta(days=HELD_BACK_DAYS)
    sold = _by_day(sales, "SalesDate", "SalesQuantity", brands)
    received = _by_day(_frame(frames, "Purch"), "ReceivingDate", "Quantity", brands)
    opening = _frame(frames, "Beg").groupby("Brand")["onHand"].sum().reindex(brands)
    days = pd.date_range(sold.columns.min(), last_date)
    sold = sold.reindex(columns=days, fill_value=0)
    received = received.reindex(columns=days, fill_value=0)
    closing = (received - sold).cumsum(axis=1).add(opening.fillna(0), axis=0)
    demand = sold.where(closing > 0).loc[:, as_of + pd.Timedelta(days=1) :]
    location = str(sales["Store"].iloc[0])
    demand.index = pd.MultiIndex.from_product(
        [[location], brands.astype(str)], names=KEYS
    )
    yield Cutoff(as_of, raw, "bibitor", demand)


def cut_store(
    folder: Path, raw: Path, most_pairs: int, generator: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Write the six files of a store, cut to some of the brands that sold.

    Args:
        folder: The six files.
        raw: Folder that the cut is written to; made if it is not there.
        most_pairs: Most brands.
        generator: Random numbers that choose them.

    Returns:
        Frame of each file, by its name.
    """
    frames = {path.name: pd.read_csv(path) for path in sorted(folder.glob("*.csv"))}
    brands = np.sort(_frame(frames, "Sales")["Brand"].unique())
    if len(brands) > most_pairs:
        brands = generator.choice(brands, most_pairs, replace=False)
    raw.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        if "Brand" in frame:
            frames[name] = frame[frame["Brand"].isin(brands)]
        frames[name].to_csv(raw / name, index=False)
    return frames


def grocery(
    folder: Path,
    work: Path,
    most_pairs: int,
    n_cutoffs: int,
    most_weeks: int | None,
    generator: np.random.Generator,
) -> Iterator[Cutoff]:
    """The weekly case before its last three weeks, and three weeks earlier each."""
    case = generic_inputs.read(folder)
    if len(case.sales) > most_pairs:
        chosen = np.sort(generator.choice(len(case.sales), most_pairs, replace=False))
        case = generic_inputs.Case(*(frame.iloc[chosen] for frame in case))
    weeks = case.sales.columns
    held = HELD_BACK_DAYS // 7
    pairs = pd.MultiIndex.from_arrays(
        [
            case.sales.index.get_level_values(key).astype(str)
            for key in generic_inputs.KEYS
        ],
        names=KEYS,
    )
    for number in range(1, n_cutoffs + 1):
        stop = len(weeks) - held * number
        start = 0 if most_weeks is None else max(stop - most_weeks, 0)
        known = generic_inputs.Case(
            case.sales[weeks[start:stop]],
            case.in_stock[weeks[start:stop]],
            case.master,
            case.state,
        )
        last_week = pd.Timestamp(weeks[stop - 1])
        # Stock then is not in the files; what the next weeks sold was there.
        ahead = weeks[stop : stop + held]
        on_hand = case.sales[ahead].sum(axis=1) + 1
        none = pd.Series(0, index=on_hand.index)
        tables = generic_inputs.tables(
            known, last_week, on_hand=on_hand, in_transit=[none, none]
        )
        tables["purchase_order_lines"] = _receipts(tables)
        as_of = last_week + pd.Timedelta(days=6)
        raw = work / f"raw-{as_of:%F}"
        raw.mkdir(parents=True, exist_ok=True)
        for name, frame in tables.items():
            frame.to_csv(raw / f"{name}.csv", index=False)
        came = case.sales[ahead].where(case.in_stock[ahead].astype(bool))
        # A week is spread over its days; only whole weeks are summed below.
        by_day = np.repeat(came.to_numpy(dtype=float) / 7, 7, axis=1)
        yield Cutoff(as_of, raw, "generic", pd.DataFrame(by_day, index=pairs))


def judge(
    published: pd.DataFrame, demand: pd.DataFrame, generator: np.random.Generator
) -> pd.DataFrame:
    """Hold each published distribution against the sum that came.

    Args:
        published: Rows of `PUBLISHED`.
        demand: Units of each day after the close, NaN where stock was out, by pair.
        generator: Random numbers, for lead times.

    Returns:
        One row per pair in stock over the interval: `demand_class`, `method`,
        published `mean`, what came as `actual`, and of each quantile the shares of
        draws at or below and below it, and its pinball loss in units.
    """
    rows = []
    published = published.assign(
        **{
            f"own_{name}": own_history.quantile(
                level,
                published["mean_per_period"],
                published["variance_per_period"],
                published["protection_periods"],
            )
            for name, level in QUANTILES.items()
        }
    )
    by_pair = dict(zip(demand.index, demand.to_numpy(dtype=float), strict=True))
    for pair in published.itertuples():
        by_day = by_pair.get((pair.location_id, pair.product_id))
        if by_day is None:
            continue
        sums = by_day.cumsum()
        lead_times = chains.lead_times_of(
            generator,
            pair.lead_time_mean_days,
            pair.lead_time_sd_days,
            LEAD_TIME_DRAWS,
        )
        days = np.rint(lead_times + pair.review_days).astype(int)
        came = sums[days[days <= len(sums)] - 1]
        if len(came) == 0 or np.isnan(came).any():
            continue
        row = {"demand_class": pair.demand_class, "method": pair.method}
        row |= {"mean": pair.mean_units, "actual": came.mean()}
        row["width"] = pair.q95 / pair.mean_units if pair.mean_units > 0 else np.nan
        for name, level in QUANTILES.items():
            quantile = getattr(pair, name)
            row[f"{name} at"] = (came <= quantile + 1e-9).mean()
            row[f"{name} below"] = (came < quantile - 1e-9).mean()
            row[f"{name} pinball"] = _pinball(came - quantile, level)
            own = getattr(pair, f"own_{name}")
            row[f"{name} own pinball"] = _pinball(came - own, level)
        rows.append(row)
    return pd.DataFrame(rows)


def summarise(judged: pd.DataFrame) -> pd.DataFrame:
    """One row per class of demand and one for all."""
    rows = []
    for name, part in [*judged.groupby("demand_class"), ("all", judged)]:
        row = {"class": name, "sums": len(part)}
        for quantile, level in QUANTILES.items():
            row[f"<= {100 * level:g} %"] = part[f"{quantile} at"].mean()
            row[f"< {100 * level:g} %"] = part[f"{quantile} below"].mean()
        row["bias"] = part["mean"].sum() / part["actual"].sum() - 1
        for quantile in ("q95", "q975"):
            name = f"pinball {100 * QUANTILES[quantile]:g}"
            row[name] = part[f"{quantile} pinball"].mean()
            row[f"{name} own"] = part[f"{quantile} own pinball"].mean()
        row["q95 / mean"] = part["width"].dropna().quantile(0.5)
        rows.append(row)
    return pd.DataFrame(rows)


def _pinball(over: chains.Floats, level: float) -> float:
    """Mean pinball loss of what came less a quantile. Units."""
    return float(np.maximum(level * over, (level - 1) * over).mean())


def _receipts(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Old orders that all took the stated lead time, so that it has no spread."""
    first_date = pd.Timestamp(tables["sales"]["sale_date"].min())
    ordered = first_date + pd.to_timedelta(7 * np.arange(RECEIPTS), unit="D")
    pair = tables["stock_counts"].iloc[0]
    return pd.DataFrame(
        {
            "po_id": [f"old-{number}" for number in range(RECEIPTS)],
            "vendor_id": tables["vendors"]["vendor_id"].iloc[0],
            "location_id": pair["location_id"],
            "product_id": pair["product_id"],
            "ordered_date": ordered,
            "units": 1,
            "unit_cost": generic_inputs.UNIT_COST,
            "received_date": ordered + pd.Timedelta(days=generic_inputs.LEAD_TIME_DAYS),
            "received_units": 1,
        }
    )


def _frame(frames: dict[str, pd.DataFrame], start: str) -> pd.DataFrame:
    """The file whose name starts so."""
    (name,) = (name for name in frames if name.startswith(start))
    return frames[name]


def _by_day(
    frame: pd.DataFrame, date: str, units: str, brands: np.ndarray
) -> pd.DataFrame:
    """Units by brand and day."""
    dated = frame.assign(day=pd.to_datetime(frame[date]))
    table = dated.pivot_table(
        index="Brand", columns="day", values=units, aggfunc="sum", fill_value=0
    )
    return table.reindex(index=brands, fill_value=0)


if __name__ == "__main__":
    main()
