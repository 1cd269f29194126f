"""Bootstrap of replayed costs. Grain: one row per segment, policy and model."""

from restock import frames
from restock.replenishment.replay import replay_intervals


def model(dbt, session):
    """Read the replays, draw series anew, return a typed table."""
    result = replay_intervals.intervals(
        dbt.ref("int_policy_replays").df(),
        reference_policy=dbt.config.meta_get("reference_policy"),
        reference_model=dbt.config.meta_get("reference_model"),
        seed=dbt.config.meta_get("seed"),
    )
    return frames.to_table(result, replay_intervals.OUTPUT_SCHEMA)
