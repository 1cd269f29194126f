r"""Stock and service of a series at every service level that could be asked for.

At level p the reorder point s is the p-quantile of demand X over lead time plus
review, in whole units, as in the plan. With :math:`X_L` the demand over the lead time
and cycle stock C beyond the point, the stock on the shelf is the mean of what is there
after a receipt and before the next,

.. math:: \tfrac12 \left( E[(s + C - X_L)^+] + E[(s - X)^+] \right)

which is safety stock plus half a lot where nothing runs out.

References:
    Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains,
    4th ed., 2017, chapter 7 and the section on exchange curves.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from restock import frames
from restock.replenishment.demand.demand_windows import Windows, demand_windows
from restock.replenishment.demand.error_pools import KEYS, require_columns
from restock.replenishment.demand.simulated_demand import ROUNDING, fill_rate, quantile
from restock.statistics.arrays import Floats

OUTPUT_SCHEMA = pa.schema(
    [
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("service_level", pa.float64()),
        ("is_current", pa.bool_()),
        ("reorder_point_units", pa.float64()),
        ("average_stock_units", pa.float64()),
        ("fill_rate", pa.float64()),
        ("cycle_demand_units", pa.float64()),
        ("demand_per_period_units", pa.float64()),
        ("n_errors", pa.int32()),
    ]
)


def service_levels(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    points: pd.DataFrame,
    levels: Floats,
    *,
    n_paths: int = 1000,
    seed: int,
) -> pd.DataFrame:
    """Measure every series at its own reorder point and at each level of a grid.

    Args:
        forecasts: As for `lead_time_demand.simulate`.
        residuals: As for `lead_time_demand.simulate`.
        requirements: As for `lead_time_demand.simulate`, for the series to measure.
        points: Reorder points in force: `location_id`, `product_id`,
            `reorder_point_units`, `cycle_stock_units`. A series without a point is
            left out.
        levels: Cycle service levels, each in (0, 1), shape (n,).
        n_paths: Simulated paths per series, as in `simulate`.
        seed: Seed of the run, as in `simulate`.

    Returns:
        Rows per series: one for each level, and one for the point in force, whose
        `service_level` is that of its policy where the policy states one of cycle
        service, else the share of cycles that the point serves. Ordered by ids and
        level. `fill_rate` is null where nothing is demanded.

    Raises:
        KeyError: A column is missing.
        ValueError: A level is outside its range, or see `simulate`.
    """
    grid = np.sort(np.asarray(levels, dtype=float))
    if ((grid <= 0) | (grid >= 1)).any():
        raise ValueError(f"service levels must be in (0, 1); got {grid.tolist()}")
    require_columns(
        "points", points, [*KEYS, "reorder_point_units", "cycle_stock_units"]
    )
    known = points.dropna(subset=["reorder_point_units", "cycle_stock_units"])
    wanted = requirements.merge(known[KEYS], on=KEYS)
    places = known.set_index(KEYS)
    measured = [
        table
        for windows in demand_windows(
            forecasts,
            residuals,
            wanted,
            n_paths=n_paths,
            seed=seed,
            only_needed=True,
        )
        for table in _measured(windows, places, grid)
    ]
    if not measured:
        return frames.empty(OUTPUT_SCHEMA)
    return (
        pd.concat(measured)
        .sort_values(
            [*KEYS, "service_level", "is_current"], kind="stable", ignore_index=True
        )
        .astype({"n_errors": np.int32})[OUTPUT_SCHEMA.names]
    )


def average_stock_units(
    point: Floats, cycle_stock: Floats, protection: Floats, lead_time: Floats
) -> Floats:
    """Mean stock on the shelf between two receipts.

    Args:
        point: Reorder point. Units, shape (series,).
        cycle_stock: Order-up-to level less reorder point. Units, shape (series,).
        protection: Demand over lead time plus review, shape (series, paths).
        lead_time: Demand over the lead time, shape (series, paths).

    Returns:
        Units, shape (series,).

    Examples:
        Point 20, lot 10 beyond it, 6 sold in the lead time, 12 in it and a review:
        24 after a receipt, 8 before the next.

        >>> point, cycle_stock = np.array([20.0]), np.array([10.0])
        >>> average_stock_units(
        ...     point, cycle_stock, np.array([[12.0]]), np.array([[6.0]])
        ... )
        array([16.])
    """
    after = np.maximum((point + cycle_stock)[:, None] - lead_time, 0.0).mean(axis=1)
    before = np.maximum(point[:, None] - protection, 0.0).mean(axis=1)
    return (after + before) / 2


def _measured(windows: Windows, places: pd.DataFrame, grid: Floats):
    """Measures of some series at their own point, then at each level."""
    ordered = np.sort(windows.cycle.demand, axis=1)
    own = places.loc[pd.MultiIndex.from_frame(windows.needs[KEYS])]
    point = own["reorder_point_units"].to_numpy(dtype=float)
    reached = (ordered <= point[:, None]).mean(axis=1)
    stated = windows.column("service_level")
    is_stated = (windows.needs["target"] == "cycle_service").to_numpy()
    yield _at_point(
        windows, own, point, np.where(is_stated, stated, reached), is_current=True
    )
    for level in grid:
        asked = np.full(len(ordered), level)
        whole = np.ceil(quantile(ordered, asked) - ROUNDING)
        yield _at_point(windows, own, whole, asked, is_current=False)


def _at_point(
    windows: Windows,
    own: pd.DataFrame,
    point: Floats,
    level: Floats,
    *,
    is_current: bool,
) -> pd.DataFrame:
    cycle = windows.cycle
    has_demand = (cycle.order_units > 0) & (windows.rate > 0)
    served = fill_rate(
        point,
        cycle.demand,
        cycle.before,
        np.where(has_demand, cycle.order_units, 1.0),
    )
    return pd.DataFrame(
        {
            "location_id": windows.needs["location_id"].to_numpy(),
            "product_id": windows.needs["product_id"].to_numpy(),
            "service_level": level,
            "is_current": is_current,
            "reorder_point_units": point,
            "average_stock_units": average_stock_units(
                point,
                own["cycle_stock_units"].to_numpy(dtype=float),
                windows.protection,
                windows.lead_time,
            ),
            "fill_rate": np.where(has_demand, np.clip(served, 0.0, 1.0), np.nan),
            "cycle_demand_units": cycle.order_units,
            "demand_per_period_units": windows.rate,
            "n_errors": windows.n_errors,
        }
    )
