"""Service levels measured. Grain: one row per location, product, level, is_current."""

from restock import frames
from restock.replenishment.levels import service_frontier


def model(dbt, session):
    """Read forecasts, errors, requirements and levels, measure, return a table."""
    settings = dbt.ref("int_forecast_settings").df()
    champions = dbt.ref("int_champion_forecasts")
    requirements = dbt.ref("int_replenishment_requirements").filter(
        "scenario = 'base' and is_judged"
    )
    points = dbt.ref("int_order_needs").filter("scenario = 'base'")
    levels = dbt.ref("frontier_service_levels")
    result = service_frontier.service_levels(
        champions.filter("fold_role = 'live'").df(),
        champions.filter("fold_role <> 'live'").df(),
        requirements.df(),
        points.df(),
        levels.df()["service_level"].to_numpy(),
        n_paths=int(frames.single_value(settings, "simulation_paths", 1000)),
        seed=dbt.config.meta_get("seed"),
    )
    return frames.to_table(result, service_frontier.OUTPUT_SCHEMA)
