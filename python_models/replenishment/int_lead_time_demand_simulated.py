"""Demand over lead time and review. Grain: one row per location and product."""

from restock import frames
from restock.replenishment.levels import lead_time_demand


def model(dbt, session):
    """Read forecasts, errors and requirements, simulate, return a typed table."""
    settings = dbt.ref("int_forecast_settings").df()
    champions = dbt.ref("int_champion_forecasts")
    requirements = dbt.ref("int_replenishment_requirements")
    excess = dbt.ref("int_excess_holding").df()
    result = lead_time_demand.simulate(
        champions.filter("fold_role = 'live'").df(),
        champions.filter("fold_role <> 'live'").df(),
        requirements.df(),
        dbt.ref("int_open_lines_due").df(),
        n_paths=int(frames.single_value(settings, "simulation_paths", 1000)),
        seed=dbt.config.meta_get("seed"),
        excess_holding_periods=frames.single_value(excess, "excess_holding_periods", 1),
    )
    return frames.to_table(result, lead_time_demand.OUTPUT_SCHEMA)
