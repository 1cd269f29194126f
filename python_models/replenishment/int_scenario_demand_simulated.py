"""Lead-time demand of every scenario. Grain: scenario, location and product."""

from restock import frames
from restock.replenishment.orders import scenarios


def model(dbt, session):
    """Read forecasts, errors, requirements, call the library, return a typed table."""
    champions = dbt.ref("int_champion_forecasts")
    excess = dbt.ref("int_excess_holding").df()["excess_holding_periods"]
    result = scenarios.simulate_scenarios(
        champions.filter("fold_role = 'live'").df(),
        champions.filter("fold_role <> 'live'").df(),
        dbt.ref("int_scenario_requirements").df(),
        dbt.ref("int_open_lines_due").df(),
        n_paths=dbt.config.meta_get("n_paths"),
        seed=dbt.config.meta_get("seed"),
        excess_holding_periods=float(excess.max() if len(excess) else 1),
    )
    return frames.to_table(result, scenarios.SIMULATED_SCHEMA)
