"""First decision of a replay from today's state. Grain: one per location, product."""

from restock import frames
from restock.replenishment.replay import first_decisions


def model(dbt, session):
    """Read what the plan read, replay one decision, return a typed table."""
    settings = dbt.ref("int_forecast_settings").df()
    champions = dbt.ref("int_champion_forecasts")
    excess = dbt.ref("int_excess_holding").df()
    result = first_decisions.first_decisions(
        champions.filter("fold_role = 'live'").df(),
        champions.filter("fold_role <> 'live'").df(),
        dbt.ref("int_replenishment_requirements").filter("scenario = 'base'").df(),
        dbt.ref("int_open_lines_due").df(),
        dbt.ref("int_order_rules").df(),
        n_paths=int(frames.single_value(settings, "simulation_paths", 1000)),
        seed=dbt.config.meta_get("seed"),
        excess_holding_periods=frames.single_value(excess, "excess_holding_periods", 1),
    )
    return frames.to_table(result, first_decisions.OUTPUT_SCHEMA)
