"""What the orders of scenarios do. Grain: scenario, location and product."""

from restock import frames
from restock.replenishment.orders import expected_outcomes, scenarios


def model(dbt, session):
    """Read forecasts, errors, requirements, call the library, return a typed table."""
    settings = dbt.ref("int_forecast_settings").df()
    champions = dbt.ref("int_champion_forecasts")
    result = scenarios.scenario_outcomes(
        champions.filter("fold_role = 'live'").df(),
        champions.filter("fold_role <> 'live'").df(),
        dbt.ref("int_replenishment_requirements").filter("is_judged").df(),
        dbt.ref("int_scenario_quantities").df(),
        n_paths=int(frames.single_value(settings, "simulation_paths", 1000)),
        seed=dbt.config.meta_get("seed"),
    )
    return frames.to_table(result, expected_outcomes.OUTPUT_SCHEMA)
