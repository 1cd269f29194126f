"""What open lines come too late for. Grain: one row per open purchase line."""

from restock import frames
from restock.replenishment.orders import open_orders


def model(dbt, session):
    """Read forecasts, errors, requirements and lines, play, return a typed table."""
    settings = dbt.ref("int_forecast_settings").df()
    champions = dbt.ref("int_champion_forecasts")
    requirements = dbt.ref("int_replenishment_requirements").filter("scenario = 'base'")
    lines = dbt.ref("int_open_lines_due")
    result = open_orders.late_receipts(
        champions.filter("fold_role = 'live'").df(),
        champions.filter("fold_role <> 'live'").df(),
        requirements.df(),
        lines.df(),
        dbt.ref("int_transfer_stock").df(),
        n_paths=int(frames.single_value(settings, "simulation_paths", 1000)),
        seed=dbt.config.meta_get("seed"),
    )
    return frames.to_table(result, open_orders.OUTPUT_SCHEMA)
