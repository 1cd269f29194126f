"""What the budgets of scenarios buy. Grain: scenario, location and product."""

from restock import frames
from restock.replenishment.orders import scenarios


def model(dbt, session):
    """Read forecasts, errors, requirements, call the library, return a typed table."""
    settings = dbt.ref("int_forecast_settings").df()
    champions = dbt.ref("int_champion_forecasts")
    result = scenarios.budgeted_purchases(
        champions.filter("fold_role = 'live'").df(),
        champions.filter("fold_role <> 'live'").df(),
        dbt.ref("int_replenishment_requirements").df(),
        dbt.ref("int_recommended_orders").df(),
        dbt.ref("int_price_bands").df(),
        n_paths=int(frames.single_value(settings, "simulation_paths", 1000)),
        seed=dbt.config.meta_get("seed"),
    )
    return frames.to_table(result, scenarios.BUDGETED_SCHEMA)
