"""Plans under other lead times, targets, costs and budgets, side by side.

Scenarios with the same lead times meet the same simulated demand, so what differs
between them is not chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import pyarrow as pa

from restock import frames
from restock.replenishment import expected_outcomes, purchase_list
from restock.replenishment.error_paths import KEYS, require_columns
from restock.replenishment.lead_time_demand import demand_windows, measures

SIMULATED = [
    "lead_time_demand_units",
    "reorder_point_units",
    "achieved_cycle_service",
    "achieved_fill_rate",
]

SIMULATED_SCHEMA = pa.schema(
    [
        ("scenario", pa.string()),
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        *((name, pa.float64()) for name in SIMULATED),
    ]
)

BUDGETED_SCHEMA = pa.schema(
    [
        ("scenario", pa.string()),
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("bought_units", pa.float64()),
    ]
)


def simulate_scenarios(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    *,
    n_paths: int = 1000,
    seed: int,
) -> pd.DataFrame:
    """Lead-time demand and reorder point of every scenario.

    Args:
        forecasts: As for `lead_time_demand.simulate`.
        residuals: As for `lead_time_demand.simulate`.
        requirements: As for `lead_time_demand.simulate`, per `scenario`, with its
            `lead_time_multiplier`; scenarios of one multiplier have the same lead
            times.
        n_paths: Simulated paths per series.
        seed: Seed of the run.

    Returns:
        One row per scenario and series that can be simulated, in that order, with the
        columns of `SIMULATED_SCHEMA`; the same numbers as `simulate` gives.

    Raises:
        KeyError: A column is missing.
        ValueError: See `simulate`.
    """
    measured = []
    for needs in _by_lead_time(requirements):
        first = needs["scenario"].iloc[0]
        of_first = needs[needs["scenario"] == first]
        for windows in demand_windows(
            forecasts, residuals, of_first, n_paths=n_paths, seed=seed
        ):
            for scenario, own in needs.groupby("scenario"):
                asked = windows.needs[KEYS].merge(own, on=KEYS, how="left")
                table = measures(
                    replace(windows, needs=asked.set_index(windows.needs.index))
                )
                measured.append(
                    windows.needs[KEYS].join(table[SIMULATED]).assign(scenario=scenario)
                )
    if not measured:
        return frames.empty(SIMULATED_SCHEMA)
    return pd.concat(measured).sort_values(["scenario", *KEYS], ignore_index=True)[
        SIMULATED_SCHEMA.names
    ]


def budgeted_purchases(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    orders: pd.DataFrame,
    *,
    n_paths: int = 1000,
    seed: int,
) -> pd.DataFrame:
    """Units that the budgets of scenarios buy.

    Args:
        forecasts: As for `lead_time_demand.simulate`.
        residuals: As for `lead_time_demand.simulate`.
        requirements: As for `simulate_scenarios`.
        orders: As for `purchase_list.purchase_list`, per `scenario`, with its
            `budget` (null is no limit: left out).
        n_paths: Simulated paths per series.
        seed: Seed of the run.

    Returns:
        One row per series with an order in a scenario with a budget, with the columns
        of `BUDGETED_SCHEMA`.

    Raises:
        KeyError: A column is missing.
        ValueError: See `purchase_list.purchase_list`.
    """
    require_columns("orders", orders, ["scenario", "budget", "order_qty_units"])
    limited = orders[orders["budget"].notna() & (orders["order_qty_units"] > 0)]
    bought = []
    for scenario, own in limited.groupby("scenario"):
        ranked = purchase_list.purchase_list(
            forecasts,
            residuals,
            requirements[requirements["scenario"] == scenario],
            own,
            budget=float(own["budget"].iloc[0]),
            n_paths=n_paths,
            seed=seed,
        )
        units = ranked["step_units"].where(ranked["is_within_budget"], 0.0)
        total = units.groupby([ranked[key] for key in KEYS]).sum()
        bought.append(
            total.rename("bought_units").reset_index().assign(scenario=scenario)
        )
    if not bought:
        return frames.empty(BUDGETED_SCHEMA)
    return pd.concat(bought, ignore_index=True)[BUDGETED_SCHEMA.names]


def scenario_outcomes(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    orders: pd.DataFrame,
    *,
    n_paths: int = 1000,
    seed: int,
) -> pd.DataFrame:
    """What the orders of every scenario are expected to do.

    Args:
        forecasts: As for `lead_time_demand.simulate`.
        residuals: As for `lead_time_demand.simulate`.
        requirements: As for `simulate_scenarios`.
        orders: As for `expected_outcomes.expected_outcomes`.
        n_paths: Simulated paths per series.
        seed: Seed of the run.

    Returns:
        Rows of `expected_outcomes.OUTPUT_SCHEMA`.

    Raises:
        KeyError: A column is missing.
        ValueError: See `lead_time_demand.simulate`.
    """
    found = []
    for needs in _by_lead_time(requirements):
        of_first = needs[needs["scenario"] == needs["scenario"].iloc[0]]
        found.append(
            expected_outcomes.expected_outcomes(
                forecasts,
                residuals,
                of_first,
                orders[orders["scenario"].isin(needs["scenario"].unique())],
                n_paths=n_paths,
                seed=seed,
            )
        )
    if not found:
        return frames.empty(expected_outcomes.OUTPUT_SCHEMA)
    return pd.concat(found, ignore_index=True)


def _by_lead_time(requirements: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Requirements of the scenarios that share their lead times."""
    require_columns("requirements", requirements, ["scenario", "lead_time_multiplier"])
    for _, needs in requirements.groupby("lead_time_multiplier"):
        yield needs.sort_values(["scenario", *KEYS])
