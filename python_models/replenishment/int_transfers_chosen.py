"""Transfers that pay. Grain: one row per product, sender and receiver."""

from restock import frames
from restock.replenishment.orders import transfers


def model(dbt, session):
    """Read forecasts, errors, stock and open lines, choose, return a typed table."""
    settings = dbt.ref("int_forecast_settings").df()
    champions = dbt.ref("int_champion_forecasts")
    requirements = dbt.ref("int_replenishment_requirements").filter("scenario = 'base'")
    stock = dbt.ref("int_transfer_stock")
    lines = dbt.ref("int_open_lines_due").filter("is_in_time")
    result = transfers.transfer_proposals(
        champions.filter("fold_role = 'live'").df(),
        champions.filter("fold_role <> 'live'").df(),
        requirements.df(),
        stock.df(),
        lines.df(),
        n_paths=int(frames.single_value(settings, "simulation_paths", 1000)),
        seed=dbt.config.meta_get("seed"),
    )
    return frames.to_table(result, transfers.OUTPUT_SCHEMA)
