"""Policies replayed. Grain: one row per policy, model, series and cutoff."""

from restock import frames
from restock.replenishment.replay import policy_replay


def model(dbt, session):
    """Read forecasts, demand and states, replay, return a typed table."""
    settings = dbt.ref("int_forecast_settings").df()
    excess = dbt.ref("int_excess_holding").df()
    result = policy_replay.replay(
        dbt.ref("int_policy_replay_forecasts").df(),
        dbt.ref("int_policy_replay_demand").df(),
        dbt.ref("int_policy_replay_states").df(),
        dbt.ref("int_policy_replay_open_orders").df(),
        dbt.ref("int_policy_replay_lead_times").df(),
        dbt.ref("int_order_rules").df(),
        dbt.ref("int_order_rules_in_force").df(),
        n_paths=dbt.config.meta_get("n_paths"),
        cover_days=dbt.config.meta_get("cover_days"),
        period_days=int(frames.single_value(settings, "period_days", 7)),
        seed=dbt.config.meta_get("seed"),
        excess_holding_periods=frames.single_value(excess, "excess_holding_periods", 1),
        purchases=dbt.ref("int_policy_replay_purchases").df(),
    )
    return frames.to_table(result, policy_replay.OUTPUT_SCHEMA)
