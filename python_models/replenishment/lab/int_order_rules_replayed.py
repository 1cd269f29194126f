"""Order rules replayed. Grain: order rule, excess holding periods, segment, target."""

from restock import frames
from restock.replenishment.replay import order_rule_trials


def model(dbt, session):
    """Read what had a say before the test, replay, return a typed table."""
    settings = dbt.ref("int_forecast_settings").df()
    result = order_rule_trials.compare(
        dbt.ref("int_policy_replay_forecasts")
        .filter("model = 'champion' and has_a_say")
        .df(),
        dbt.ref("int_policy_replay_demand").filter("has_a_say").df(),
        dbt.ref("int_policy_replay_states").df(),
        dbt.ref("int_policy_replay_open_orders").df(),
        dbt.ref("int_policy_replay_lead_times").df(),
        dbt.ref("int_order_rules").df(),
        candidates=dbt.config.meta_get("candidates"),
        n_paths=dbt.config.meta_get("n_paths"),
        period_days=int(frames.single_value(settings, "period_days", 7)),
        seed=dbt.config.meta_get("seed"),
    )
    return frames.to_table(result, order_rule_trials.OUTPUT_SCHEMA)
