"""What plans under other lead times, targets, costs and budgets buy and do.

Scenarios with the same lead times meet the same simulated demand, so what differs
between them is not chance.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa

from restock import frames
from restock.replenishment.demand.error_pools import KEYS, require_columns
from restock.replenishment.orders import (
    expected_outcomes,
    purchase_list,
)

BUDGETED_SCHEMA = pa.schema(
    [
        ("scenario", pa.string()),
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("bought_units", pa.float64()),
        ("bought_value", pa.float64()),
    ]
)


def budgeted_purchases(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    orders: pd.DataFrame,
    bands: pd.DataFrame,
    *,
    n_paths: int = 1000,
    seed: int,
) -> pd.DataFrame:
    """Units that the budgets of scenarios buy, and what these cost.

    Args:
        forecasts: As for `lead_time_demand.simulate`.
        residuals: As for `lead_time_demand.simulate`.
        requirements: As for `lead_time_demand.simulate`, with
            `lead_time_multiplier`.
        orders: As for `purchase_list.purchase_list`, per `scenario`, with its
            `budget` (null is no limit: left out) and `unit_cost_multiplier`.
        bands: As for `price_break_orders.price_break_orders`.
        n_paths: Simulated paths per series.
        seed: Seed of the run.

    Returns:
        One row per series with an order in a scenario with a budget, with the columns
        of `BUDGETED_SCHEMA`.

    Raises:
        KeyError: A column is missing.
        ValueError: See `purchase_list.purchase_list`.
    """
    require_columns(
        "orders",
        orders,
        ["scenario", "budget", "order_qty_units", "unit_cost_multiplier"],
    )
    limited = orders[orders["budget"].notna() & (orders["order_qty_units"] > 0)]
    bought = []
    for (scenario, multiplier), own in limited.groupby(
        ["scenario", "unit_cost_multiplier"]
    ):
        ranked = purchase_list.purchase_list(
            forecasts,
            residuals,
            requirements[requirements["scenario"] == scenario],
            own,
            budget=float(own["budget"].iloc[0]),
            bands=bands.assign(unit_cost=bands["unit_cost"] * multiplier),
            n_paths=n_paths,
            seed=seed,
        )
        within = ranked["is_within_budget"]
        steps = ranked[KEYS].assign(
            bought_units=ranked["step_units"].where(within, 0.0),
            bought_value=ranked["step_cost"].where(within, 0.0),
        )
        total = steps.groupby(KEYS, as_index=False).sum()
        bought.append(total.assign(scenario=scenario))
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
        requirements: As for `lead_time_demand.simulate`, with
            `lead_time_multiplier`.
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
