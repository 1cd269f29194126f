"""Orders of each candidate replayed. Grain: one row per model, series and cutoff."""

from restock import frames
from restock.replenishment.replay import policy_replay


def model(dbt, session):
    """Read what had a say before the test, replay, return a typed table."""
    settings = dbt.ref("int_forecast_settings").df()
    result = policy_replay.replay_forecast_rule(
        dbt.ref("int_forecast_candidates").df(),
        dbt.ref("int_policy_replay_demand").filter("has_a_say").df(),
        dbt.ref("int_policy_replay_states").df(),
        dbt.ref("int_policy_replay_open_orders").df(),
        dbt.ref("int_policy_replay_lead_times").df(),
        dbt.ref("int_order_rules").df(),
        n_paths=dbt.config.meta_get("n_paths"),
        period_days=int(frames.single_value(settings, "period_days", 7)),
        seed=dbt.config.meta_get("seed"),
    )
    return frames.to_table(result, policy_replay.OUTPUT_SCHEMA)
