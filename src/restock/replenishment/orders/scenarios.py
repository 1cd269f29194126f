"""Plans under other lead times, targets, costs and budgets, side by side.

Scenarios with the same lead times meet the same simulated demand, so what differs
between them is not chance.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa

from restock import frames
from restock.replenishment.demand.error_pools import KEYS, require_columns
from restock.replenishment.demand.lead_time_demand import simulate
from restock.replenishment.demand.requirements import (
    OPTIONAL_REQUIREMENTS,
    REQUIREMENTS,
)
from restock.replenishment.orders import (
    expected_outcomes,
    price_break_orders,
    purchase_list,
)

SIMULATED = [
    "lead_time_demand_units",
    "reorder_point_units",
    "lost_before_arrival_units",
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

PRICED_SCHEMA = pa.schema(
    [
        ("scenario", pa.string()),
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("order_qty_units", pa.float64()),
        ("order_value", pa.float64()),
        ("annual_saving_value", pa.float64()),
    ]
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


def simulate_scenarios(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    open_lines: pd.DataFrame | None = None,
    *,
    n_paths: int = 1000,
    seed: int,
    excess_holding_periods: float = 1.0,
) -> pd.DataFrame:
    """Lead-time demand and reorder point of every scenario.

    Args:
        forecasts: As for `lead_time_demand.simulate`.
        residuals: As for `lead_time_demand.simulate`.
        requirements: As for `lead_time_demand.simulate`, per `scenario`.
        open_lines: As for `lead_time_demand.simulate`.
        n_paths: Simulated paths per series.
        seed: Seed of the run.
        excess_holding_periods: As for `lead_time_demand.simulate`.

    Returns:
        One row per scenario and series, in that order, with the columns of
        `SIMULATED_SCHEMA`, as `simulate` gives them. Scenarios that ask the same are
        simulated once.

    Raises:
        KeyError: A column is missing.
        ValueError: See `simulate`.
    """
    require_columns("requirements", requirements, ["scenario", *REQUIREMENTS])
    done: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    measured = []
    for scenario, own in requirements.groupby("scenario"):
        given = [name for name in OPTIONAL_REQUIREMENTS if name in own.columns]
        asked = own[[*REQUIREMENTS, *given]].sort_values(KEYS, ignore_index=True)
        found = next((table for same, table in done if same.equals(asked)), None)
        if found is None:
            found = simulate(
                forecasts,
                residuals,
                asked,
                open_lines,
                n_paths=n_paths,
                seed=seed,
                excess_holding_periods=excess_holding_periods,
            )[[*KEYS, *SIMULATED]]
            done.append((asked, found))
        measured.append(found.assign(scenario=scenario))
    if not measured:
        return frames.empty(SIMULATED_SCHEMA)
    return pd.concat(measured, ignore_index=True)[SIMULATED_SCHEMA.names]


def price_broken_orders(orders: pd.DataFrame, bands: pd.DataFrame) -> pd.DataFrame:
    """Raise the orders of every scenario to price breaks where that pays.

    Args:
        orders: As for `price_break_orders.price_break_orders`, per `scenario`, with
            its `unit_cost_multiplier`, which all prices follow.
        bands: As for `price_break_orders.price_break_orders`.

    Returns:
        One row per scenario and order whose product has more than one band, with the
        columns of `PRICED_SCHEMA`.

    Raises:
        KeyError: A column is missing.
        ValueError: See `price_break_orders.price_break_orders`.
    """
    require_columns("orders", orders, ["scenario", "unit_cost_multiplier"])
    raised = []
    for (scenario, multiplier), own in orders.groupby(
        ["scenario", "unit_cost_multiplier"]
    ):
        dearer = bands.assign(unit_cost=bands["unit_cost"] * multiplier)
        found = price_break_orders.price_break_orders(own, dearer)
        raised.append(found.assign(scenario=scenario))
    if not raised:
        return frames.empty(PRICED_SCHEMA)
    return pd.concat(raised, ignore_index=True)[PRICED_SCHEMA.names]


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
        requirements: As for `simulate_scenarios`, with `lead_time_multiplier`.
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
        requirements: As for `simulate_scenarios`, with `lead_time_multiplier`.
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
