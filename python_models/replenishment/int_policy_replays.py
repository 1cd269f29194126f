"""Policies replayed. Grain: one row per policy, model, series and cutoff."""

from restock import frames
from restock.replenishment import policy_replay


def model(dbt, session):
    """Read forecasts, demand and states, replay, return a typed table."""
    settings = dbt.ref("int_forecast_settings").df().iloc[0]
    result = policy_replay.replay(
        dbt.ref("int_policy_replay_forecasts").df(),
        dbt.ref("int_policy_replay_demand").df(),
        dbt.ref("int_policy_replay_states").df(),
        dbt.ref("int_policy_replay_open_orders").df(),
        dbt.ref("int_policy_replay_lead_times").df(),
        n_paths=dbt.config.meta_get("n_paths"),
        cover_days=dbt.config.meta_get("cover_days"),
        period_days=int(settings["period_days"]),
        season_length=int(settings["season_length_periods"]),
        seed=dbt.config.meta_get("seed"),
    )
    return frames.to_table(result, policy_replay.OUTPUT_SCHEMA)
