"""Cheapest fills. Grain: one row per vendor, location, fill target and product."""

from restock import frames
from restock.replenishment.orders import vendor_minimum


def model(dbt, session):
    """Read what could be added, choose the cheapest, return a typed table."""
    candidates = dbt.ref("int_fill_candidates")
    result = vendor_minimum.vendor_fills(candidates.df())
    return frames.to_table(result, vendor_minimum.OUTPUT_SCHEMA)
