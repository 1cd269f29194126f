"""Periods that excess is held, replayed. Grain: one row per excess_holding_periods."""

from restock import frames
from restock.replenishment.replay import excess_holding


def model(dbt, session):
    """Read what had a say before the test, replay, return a typed table."""
    settings = dbt.ref("int_forecast_settings").df()
    result = excess_holding.compare(
        dbt.ref("int_policy_replay_forecasts")
        .filter("model = 'champion' and has_a_say")
        .df(),
        dbt.ref("int_policy_replay_demand").filter("has_a_say").df(),
        dbt.ref("int_policy_replay_states").df(),
        dbt.ref("int_policy_replay_open_orders").df(),
        dbt.ref("int_policy_replay_lead_times").df(),
        candidates=dbt.config.meta_get("candidates"),
        n_paths=dbt.config.meta_get("n_paths"),
        season_length=int(frames.single_value(settings, "season_length_periods", 1)),
        seed=dbt.config.meta_get("seed"),
    )
    return frames.to_table(result, excess_holding.OUTPUT_SCHEMA)
