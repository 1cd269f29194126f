"""Common order cycles. Grain: one row per vendor, location and product."""

from restock import frames
from restock.replenishment.orders import joint_cycles


def model(dbt, session):
    """Read the items of each vendor, find their cycle, return a typed table."""
    items = dbt.ref("int_joint_items")
    result = joint_cycles.joint_cycles(items.df())
    return frames.to_table(result, joint_cycles.OUTPUT_SCHEMA)
