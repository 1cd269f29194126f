"""Orders raised to price breaks. Grain: scenario, location and product with both."""

from restock import frames
from restock.replenishment.orders import price_break_orders


def model(dbt, session):
    """Read orders and price bands, raise where it pays, return a typed table."""
    orders = dbt.ref("int_order_needs")
    bands = dbt.ref("int_price_bands")
    result = price_break_orders.price_break_orders(
        orders.filter("order_qty_units > 0").df(), bands.df()
    )
    return frames.to_table(result, price_break_orders.OUTPUT_SCHEMA)
