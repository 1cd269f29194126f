r"""What an order is expected to leave, to lack and to cost.

With X demand over lead time plus review, :math:`X_L` over the lead time and position
IP, an order Q serves only what comes after its arrival,
:math:`A = (X - \max(X_L, IP))^+`; what ran short before is lost.

.. math::

    \text{short} = E[(X_L - IP)^+] + E[(A - Q)^+], \qquad
    \text{left} = E[(IP - X)^+] + E[(Q - A)^+]

References:
    Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains,
    4th ed., 2017, chapter 7.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from restock import frames
from restock.replenishment.demand.demand_windows import demand_windows
from restock.replenishment.demand.error_pools import KEYS, require_columns
from restock.statistics.arrays import Floats

OUTCOMES = [
    "expected_demand_units",
    "expected_short_units",
    "expected_left_units",
    "expected_used_units",
]

OUTPUT_SCHEMA = pa.schema(
    [
        ("scenario", pa.string()),
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        *((name, pa.float64()) for name in OUTCOMES),
    ]
)


def expected_outcomes(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    orders: pd.DataFrame,
    *,
    n_paths: int = 1000,
    seed: int,
) -> pd.DataFrame:
    """Means over simulated demand of what some orders do.

    Args:
        forecasts: As for `lead_time_demand.simulate`.
        residuals: As for `lead_time_demand.simulate`.
        requirements: As for `lead_time_demand.simulate`.
        orders: Rows of `scenario`, `location_id`, `product_id` and `order_qty_units`
            (zero or more; null is left out); several scenarios of a series meet the
            same demand.
        n_paths: Simulated paths per series, as in `simulate`.
        seed: Seed of the run, as in `simulate`.

    Returns:
        One row per order whose series has a position and can be simulated, in the
        order of ids and scenario, with the columns of `OUTPUT_SCHEMA`. Units.

    Raises:
        KeyError: A column is missing.
        ValueError: See `simulate`.
    """
    require_columns("orders", orders, ["scenario", *KEYS, "order_qty_units"])
    known = orders.dropna(subset="order_qty_units").sort_values([*KEYS, "scenario"])
    by_series = dict(iter(known.groupby(KEYS)))
    found = []
    for windows in demand_windows(
        forecasts,
        residuals,
        requirements,
        n_paths=n_paths,
        seed=seed,
        only_needed=True,
    ):
        for place, need in enumerate(windows.needs.itertuples()):
            asked = by_series.get((need.location_id, need.product_id))
            if asked is None or np.isnan(need.inventory_position_units):
                continue
            outcome = order_outcomes(
                windows.protection[place],
                windows.lead_time[place],
                need.inventory_position_units,
                frames.floats(asked, "order_qty_units"),
            )
            found.append(
                pd.DataFrame(
                    dict(zip(OUTCOMES, outcome, strict=True)), index=asked.index
                ).join(asked[["scenario", *KEYS]])
            )
    if not found:
        return frames.empty(OUTPUT_SCHEMA)
    return pd.concat(found, ignore_index=True)[OUTPUT_SCHEMA.names]


def order_outcomes(
    protection: Floats, lead_time: Floats, position: float, quantity: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean demand, shortage, rest and use of some orders for one series.

    Args:
        protection: Demand over lead time plus review. Units, shape (paths,).
        lead_time: Demand over the lead time, nowhere above. Units, shape (paths,).
        position: Inventory position before the order. Units.
        quantity: Orders. Units, shape (n,), zero or more.

    Returns:
        Demand, units short, units left and units of the order that are used, each of
        shape (n,).

    Examples:
        10 come before the order arrives and 30 in all; 4 are there, so 6 are lost, and
        20 are left for an order.

        >>> order_outcomes(
        ...     np.array([30.0]), np.array([10.0]), 4.0, np.array([15.0, 25.0])
        ... )
        (array([30., 30.]), array([11.,  6.]), array([0., 5.]), array([15., 20.]))
    """
    reach = np.maximum(protection - np.maximum(lead_time, position), 0.0)
    lost = np.maximum(lead_time - position, 0.0).mean()
    unsold = np.maximum(position - protection, 0.0).mean()
    used = np.minimum(quantity[:, None], reach).mean(axis=1)
    demand = np.full(len(quantity), protection.mean())
    return demand, lost + reach.mean() - used, unsold + quantity - used, used
