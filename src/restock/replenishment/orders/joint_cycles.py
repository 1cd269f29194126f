"""Common order cycles of the items that a location buys from one vendor."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from restock import frames
from restock.replenishment.demand.error_pools import require_columns
from restock.replenishment.orders.joint_replenishment import optimal_joint_replenishment

OUTPUT_SCHEMA = pa.schema(
    [
        ("vendor_id", pa.string()),
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("base_cycle_days", pa.float64()),
        ("cycle_multiple", pa.float64()),
        ("order_qty_units", pa.float64()),
        ("joint_annual_cost", pa.float64()),
        ("separate_annual_cost", pa.float64()),
    ]
)

DAYS_PER_YEAR = 365.0

_KEYS = ["vendor_id", "location_id"]
_NUMBERS = [
    "shared_order_cost",
    "line_order_cost",
    "holding_cost_per_unit_year",
    "annual_demand_units",
]


def joint_cycles(items: pd.DataFrame) -> pd.DataFrame:
    """Cycle and multiples of each vendor and location.

    Args:
        items: One row per item: `vendor_id`, `location_id`, `product_id`,
            `shared_order_cost` (of the vendor, zero or more), `line_order_cost`,
            `holding_cost_per_unit_year` and `annual_demand_units`, each above zero.

    Returns:
        One row per item with the columns of `OUTPUT_SCHEMA`, ordered by ids. The
        item's own cycle is the base cycle times its multiple. `joint_annual_cost` is
        its part of ordering and holding, the shared cost spread over the items by
        their demand's holding cost; `separate_annual_cost` what it costs if every
        item is ordered by itself and pays the shared cost.

    Raises:
        KeyError: A column is missing.
        ValueError: A number is missing or outside its range.
    """
    require_columns("items", items, [*_KEYS, "product_id", *_NUMBERS])
    cycles = []
    for keys, group in items.sort_values([*_KEYS, "product_id"]).groupby(_KEYS):
        terms = {name: frames.floats(group, name) for name in _NUMBERS}
        for name, values in terms.items():
            is_legal = values >= 0 if name == "shared_order_cost" else values > 0
            if not is_legal.all():
                raise ValueError(f"{name} is missing or outside its range: {values}")
        shared = float(terms.pop("shared_order_cost")[0])
        plan = optimal_joint_replenishment(shared_order_cost=shared, **terms)
        line, holding, demand = terms.values()
        flow = holding * demand
        ordering = line / plan.multiples + shared * flow / flow.sum()
        cycles.append(
            pd.DataFrame(
                {
                    "product_id": group["product_id"].to_numpy(),
                    "base_cycle_days": plan.base_cycle_years * DAYS_PER_YEAR,
                    "cycle_multiple": plan.multiples,
                    "order_qty_units": plan.order_qty_units,
                    "joint_annual_cost": ordering / plan.base_cycle_years
                    + holding * plan.order_qty_units / 2,
                    # Of its economic order quantity, sqrt(2 K D h).
                    "separate_annual_cost": np.sqrt(
                        2 * (line + shared) * demand * holding
                    ),
                }
            ).assign(**dict(zip(_KEYS, keys, strict=True)))
        )
    if not cycles:
        return frames.empty(OUTPUT_SCHEMA)
    return pd.concat(cycles, ignore_index=True)[OUTPUT_SCHEMA.names]
