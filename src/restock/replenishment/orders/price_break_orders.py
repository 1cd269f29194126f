"""Today's orders at the prices that their size earns."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from restock import frames
from restock.inventory.quantity_discounts import discount_order, order_value
from restock.replenishment.demand.error_pools import KEYS, require_columns

OUTPUT_SCHEMA = pa.schema(
    [
        ("scenario", pa.string()),
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("order_qty_units", pa.float64()),
        ("order_value", pa.float64()),
        ("annual_saving_value", pa.float64()),
    ]
)

_KEYS = ["scenario", *KEYS]

_NUMBERS = [
    "unit_cost_multiplier",
    "order_qty_units",
    "max_order_units",
    "pack_size_units",
    "annual_demand_units",
    "order_cost",
    "holding_cost_rate_per_year",
]


def price_break_orders(orders: pd.DataFrame, bands: pd.DataFrame) -> pd.DataFrame:
    """Raise orders to a price break where that pays.

    Args:
        orders: One row per scenario and series with something to order: `scenario`,
            `location_id`, `product_id`, `order_qty_units` (above zero),
            `unit_cost_multiplier`, which all prices follow, `max_order_units`,
            `pack_size_units`, `annual_demand_units`, `order_cost`,
            `holding_cost_rate_per_year`. A missing order cost counts as zero; without
            a holding rate nothing is raised.
        bands: Prices: `product_id`, `min_units` (the first one zero), `unit_cost`,
            `is_incremental` (the same for all bands of a product).

    Returns:
        One row per order whose product has more than one band, with the columns of
        `OUTPUT_SCHEMA`, ordered by ids: the quantity, what it costs, and what raising
        it saves in a year of such orders.

    Raises:
        KeyError: A column is missing.
        ValueError: See `discount_order`.
    """
    require_columns("orders", orders, [*_KEYS, *_NUMBERS])
    require_columns(
        "bands", bands, ["product_id", "min_units", "unit_cost", "is_incremental"]
    )
    ladders = {
        product: ladder
        for product, ladder in bands.sort_values("min_units").groupby("product_id")
        if len(ladder) > 1
    }
    rows = []
    for order in orders.sort_values(_KEYS).to_dict("records"):
        ladder = ladders.get(order["product_id"])
        if ladder is not None:
            rows.append(_raised(order, ladder))
    if not rows:
        return frames.empty(OUTPUT_SCHEMA)
    return pd.DataFrame(rows)[OUTPUT_SCHEMA.names]


def _raised(order: dict, ladder: pd.DataFrame) -> dict:
    need = float(order["order_qty_units"])
    multiplier = float(order["unit_cost_multiplier"])
    prices = {
        "breakpoints_units": ladder["min_units"].astype(float).tolist(),
        "unit_prices": (ladder["unit_cost"].astype(float) * multiplier).tolist(),
        "is_incremental": bool(ladder["is_incremental"].iloc[0]),
    }
    row = {name: order[name] for name in _KEYS}
    if pd.isna(order["holding_cost_rate_per_year"]):
        value = order_value(need, **prices)
        return row | {
            "order_qty_units": need,
            "order_value": value,
            "annual_saving_value": 0.0,
        }
    terms = {
        "pack_size_units": float(order["pack_size_units"]),
        "annual_demand_units": float(order["annual_demand_units"]),
        "order_cost": 0.0 if pd.isna(order["order_cost"]) else order["order_cost"],
        "holding_rate_per_year": float(order["holding_cost_rate_per_year"]),
        **prices,
    }
    stays = discount_order(order_qty_units=need, max_order_units=need, **terms)
    raised = discount_order(
        order_qty_units=need,
        max_order_units=max(float(order["max_order_units"]), need),
        **terms,
    )
    return row | {
        "order_qty_units": raised.order_qty_units,
        "order_value": raised.order_value,
        "annual_saving_value": stays.annual_total_cost - raised.annual_total_cost,
    }
