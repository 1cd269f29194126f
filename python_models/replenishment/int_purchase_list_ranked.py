"""Orders ranked step by step. Grain: one row per location, product and unit rank."""

from restock import frames
from restock.replenishment.orders import purchase_list


def model(dbt, session):
    """Read forecasts, errors, requirements and orders, rank, return a typed table."""
    settings = dbt.ref("int_forecast_settings").df()
    champions = dbt.ref("int_champion_forecasts")
    requirements = dbt.ref("int_replenishment_requirements").filter("scenario = 'base'")
    orders = dbt.ref("int_recommended_orders")
    result = purchase_list.purchase_list(
        champions.filter("fold_role = 'live'").df(),
        champions.filter("fold_role <> 'live'").df(),
        requirements.df(),
        orders.filter("scenario = 'base' and order_qty_units > 0").df(),
        budget=dbt.config.meta_get("budget"),
        bands=dbt.ref("int_price_bands").df(),
        n_paths=int(frames.single_value(settings, "simulation_paths", 1000)),
        seed=dbt.config.meta_get("seed"),
    )
    return frames.to_table(result, purchase_list.OUTPUT_SCHEMA)
