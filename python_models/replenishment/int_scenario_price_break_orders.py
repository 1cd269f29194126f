"""Orders of scenarios raised to price breaks. Grain: scenario, location and product."""

from restock import frames
from restock.replenishment.orders import scenarios


def model(dbt, session):
    """Read orders and price bands, raise where it pays, return a typed table."""
    needs = dbt.ref("int_scenario_needs")
    result = scenarios.price_broken_orders(
        needs.filter("order_qty_units > 0").df(), dbt.ref("int_price_bands").df()
    )
    return frames.to_table(result, scenarios.PRICED_SCHEMA)
