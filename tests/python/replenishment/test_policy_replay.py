"""Replay of policies: what is charged, what is known, who depends on whom."""

import numpy as np
import pandas as pd
import pytest
from oracles.order_rule_texts import order_rule_texts

from restock import frames
from restock.replenishment.demand import lead_time_draws
from restock.replenishment.levels import order_rule
from restock.replenishment.replay import policy_replay, replay_intervals, replay_tables

CUTOFFS = [10, 12, 14]
LAST = 19
HORIZON = 3
KEYS = ["location_id", "product_id"]
TARGETS = ["cycle_service", "fill_rate", "cost"]
IN_FORCE = pd.DataFrame(
    {"segment": "A smooth", "target": TARGETS, "order_rule": "forecast"}
)


def chain(n_series=25, *, seed=0, noise=True, models=("champion", "naive")):
    """Tables of a small chain: weekly, lead time one week, review each week."""
    generator = np.random.default_rng(seed)
    demand = []
    forecasts = []
    states = []
    for number in range(n_series):
        ids = {"location_id": "L1", "product_id": f"P{number:02d}"}
        level = 5.0 + number % 3
        units = np.full(LAST + 1, level)
        if noise:
            units = generator.poisson(level, LAST + 1).astype(float)
        demand += [
            {
                **ids,
                "period_index": t,
                "demand_units": units[t],
                "is_estimated": t == 13,
            }
            for t in range(CUTOFFS[0] + 1, LAST + 1)
        ]
        for cutoff in CUTOFFS:
            states.append(
                {
                    **ids,
                    "cutoff_index": cutoff,
                    "target": TARGETS[number % 3],
                    "service_level": 0.95,
                    "holding_cost_per_unit_period": 1.0,
                    "shortage_cost_per_unit": 9.0,
                    "order_cost": 2.0,
                    "lead_time_mean_periods": 1.0,
                    "lead_time_sd_periods": 0.0,
                    "demand_dispersion": 1.0 if noise else 0.0,
                    "lead_time_source": None,
                    "review_periods": 1.0,
                    "pack_size_units": 1.0,
                    "min_order_units": 0.0,
                    "on_hand_units": level,
                    "demand_mean_units": level,
                    "shelf_life_days": None,
                    "unit_cost": 2.0,
                    "unit_price": 11.0,
                    "eoq_units": 0.0,
                    "max_lot_units": 52 * level,
                }
            )
            for model in models:
                for step in range(1, HORIZON + 1):
                    known = cutoff + step <= LAST
                    forecasts.append(
                        {
                            **ids,
                            "model": model,
                            "segment": "A smooth",
                            "cutoff_index": cutoff,
                            "target_index": cutoff + step,
                            "horizon": step,
                            "forecast_units": level + (model == "naive"),
                            "actual_units": units[cutoff + step] if known else np.nan,
                        }
                    )
    columns = [*KEYS, "cutoff_index", "units"]
    columns += ["age_periods", "due_periods", "promised_periods"]
    lead_times = pd.DataFrame(columns=["lead_time_source", "lead_time_periods"])
    return {
        "forecasts": pd.DataFrame(forecasts),
        "demand": pd.DataFrame(demand),
        "states": pd.DataFrame(states),
        "open_orders": pd.DataFrame(columns=columns),
        "lead_times": lead_times,
    }


def replay(tables):
    return policy_replay.replay(
        **tables,
        rule_texts=order_rule_texts(),
        rules_in_force=IN_FORCE,
        n_paths=60,
        cover_days=21,
        period_days=7,
        seed=3,
    )


def total_cost(rows):
    return rows["holding_cost"] + rows["shortage_cost"] + rows["ordering_cost"]


def test_steady_demand_is_met_from_nothing_left_over():
    rows = replay(chain(noise=False))
    # Errors are first known at the second cutoff: from there all is certain.
    later = rows[(rows["cutoff_index"] == 14) & (rows["model"] == "champion")]
    for policy in ("shipped", "forecast", "textbook"):
        of_policy = later[later["policy"] == policy]
        assert len(of_policy) == 25
        assert (of_policy["lost_units"] == 0).all()
        # A few still sell off what was bought before any error was known.
        assert of_policy["stock_unit_periods"].median() <= 1
        # Periods 15 to 19; the last decision is the one before period 18.
        assert (of_policy["charged_periods"] == 5).all()
        assert of_policy["ordering_cost"].median() == 2.0 * 4


def test_costs_follow_from_the_counts():
    rows = replay(chain())
    assert np.allclose(rows["holding_cost"], rows["stock_unit_periods"])
    assert np.allclose(rows["shortage_cost"], 9 * rows["lost_units"])
    assert np.allclose(rows["ordering_cost"], 2 * rows["order_count"])
    assert np.allclose(rows["sold_units"] + rows["lost_units"], rows["demand_units"])
    # Of the first stretch only period 12 is charged, of the second 13 and 14.
    counts = rows.groupby("cutoff_index")[["charged_periods", "estimated_periods"]]
    assert counts.min().to_numpy().tolist() == [[1, 0], [2, 1], [5, 0]]
    assert (counts.min() == counts.max()).all(axis=None)
    assert (rows["estimated_cost"] > 0).any()
    by_cutoff = rows.groupby("cutoff_index")["estimated_cost"].max()
    assert by_cutoff[10] == by_cutoff[14] == 0


def test_the_raised_textbook_serves_as_much_and_no_more_than_it_must():
    rows = replay(chain())
    units = rows.groupby(["model", "policy"])[["sold_units", "demand_units"]].sum()
    fill = units["sold_units"] / units["demand_units"]
    assert fill["champion", "textbook_raised"] >= fill["champion", "shipped"]
    assert fill["champion", "textbook"] <= fill["champion", "textbook_raised"]
    assert ("naive", "textbook_raised") not in fill
    assert not rows["policy"].str.contains(" ").any()


def test_no_policy_costs_less_than_perfect_foresight():
    rows = replay(chain())
    cost = (
        rows.assign(cost=total_cost(rows))
        .groupby(["policy", "model", *KEYS])["cost"]
        .sum()
    )
    least = cost["perfect_foresight", "none"]
    assert cost.index.get_level_values("policy").nunique() == 7
    for key in {key[:2] for key in cost.index}:
        assert (cost[key] >= least - 1e-9).all(), key


def test_the_future_changes_nothing_that_was_decided():
    tables = chain()
    before = replay(tables)
    changed = {name: frame.copy() for name, frame in tables.items()}
    is_future = changed["demand"]["period_index"] > 14
    changed["demand"].loc[is_future, "demand_units"] *= 7
    rows = changed["forecasts"]
    rows.loc[rows["target_index"] > 14, "actual_units"] *= 7
    rows.loc[rows["cutoff_index"] == 14, "forecast_units"] += 40
    states = changed["states"]
    states.loc[states["cutoff_index"] == 14, "eoq_units"] = 90
    after = replay(changed)
    # Two yardsticks know the future: the lower bound, and the z that served as much.
    sees_nothing = ~before["policy"].isin(["perfect_foresight", "textbook_raised"])
    early = sees_nothing & (before["cutoff_index"] < 14)
    pd.testing.assert_frame_equal(before[early], after[early])
    late = sees_nothing & (before["cutoff_index"] == 14)
    assert (before[late]["ordered_units"] != after[late]["ordered_units"]).any()


def test_errors_are_known_when_their_period_has_ended():
    tables = chain(3)
    known = replay_tables.read(**tables).errors_known("champion", 14)
    assert sorted(known["cutoff_date"].unique()) == [10, 12]
    is_known = known["actual_units"].notna()
    assert (is_known == (known["target_index"] <= 14)).all()
    assert not is_known.all()


def test_a_cutoff_of_the_season_ahead_lends_its_errors_and_is_not_followed():
    tables = chain(n_series=4)
    year_ago = tables["forecasts"].query("cutoff_index == 10").copy()
    year_ago["cutoff_index"] -= 52
    year_ago["target_index"] -= 52
    tables["forecasts"] = pd.concat([year_ago, tables["forecasts"]])
    read = replay_tables.read(**tables)
    assert read.cutoffs == CUTOFFS
    # Decisions until the last period known, not over the months between.
    assert read.oldest_forecast == 4
    assert (read.errors_known("champion", 10)["cutoff_date"] == 10 - 52).all()
    assert len(read.errors_known("champion", 10)) == 4 * HORIZON


def test_a_series_does_not_depend_on_the_others_nor_on_the_order_of_rows():
    tables = chain()
    tables["states"].loc[
        tables["states"]["product_id"] == "P03", "lead_time_mean_periods"
    ] = 2.5
    everything = replay(tables)
    shuffled = {
        name: frame.sample(frac=1, random_state=5) for name, frame in tables.items()
    }
    pd.testing.assert_frame_equal(replay(shuffled), everything)
    # The errors are pooled, so they stay; the others are not replayed.
    states = tables["states"].copy()
    states.loc[states["product_id"] != "P01", "shortage_cost_per_unit"] = None
    alone = replay(tables | {"states": states})
    wanted = everything[everything["product_id"] == "P01"]
    pd.testing.assert_frame_equal(alone, wanted.reset_index(drop=True))


def test_who_lacks_something_is_left_out_or_starts_later():
    tables = chain(6)
    states = tables["states"]
    states.loc[states["product_id"] == "P00", "shortage_cost_per_unit"] = None
    states.loc[states["product_id"] == "P01", "service_level"] = None
    states.loc[states["product_id"] == "P02", "service_level"] = None
    forecasts = tables["forecasts"]
    is_late = (forecasts["product_id"] == "P04") & (forecasts["cutoff_index"] < 12)
    is_late &= forecasts["model"] == "naive"
    rows = replay(tables | {"forecasts": forecasts[~is_late]})
    # P02 aims at least cost and needs no service level.
    assert sorted(rows["product_id"].unique()) == ["P02", "P03", "P04", "P05"]
    assert rows[rows["product_id"] == "P04"]["cutoff_index"].min() == 12
    assert rows[rows["product_id"] == "P05"]["cutoff_index"].min() == 10


def test_open_orders_and_lead_times_seen_are_used():
    tables = chain(25, noise=False)
    tables["states"]["on_hand_units"] = 0.0
    tables["states"]["lead_time_source"] = "vendor V"
    tables["lead_times"] = pd.DataFrame(
        {"lead_time_source": ["vendor V"], "lead_time_periods": [3.0]}
    )
    ids = {"location_id": ["L1"], "product_id": ["P00"], "cutoff_index": [10]}
    tables["open_orders"] = pd.DataFrame(
        {
            **ids,
            "units": [500.0],
            "age_periods": [0],
            "due_periods": [4],
            "promised_periods": [None],
        }
    )
    rows = replay(tables)
    first = rows[rows["product_id"] == "P00"]
    # A lead time of three periods: the first order sells from period 14 on.
    assert first.groupby("cutoff_index")["charged_periods"].max().tolist() == [0, 1, 5]
    stock = first[first["cutoff_index"] == 14].set_index("policy")
    # The 500 come in period 15 and are held from then on.
    held = 5 * 500 - 5 * (1 + 2 + 3 + 4 + 5)
    assert (stock["stock_unit_periods"] >= held).all()


def test_an_empty_replay_has_its_columns():
    tables = {name: frame.head(0) for name, frame in chain(1).items()}
    rows = replay(tables)
    assert rows.empty
    table = frames.to_table(rows, policy_replay.OUTPUT_SCHEMA)
    assert table.schema == policy_replay.OUTPUT_SCHEMA
    nothing = replay_intervals.intervals(
        rows, reference_policy="shipped", reference_model="champion", seed=1
    )
    assert nothing.empty


def test_what_makes_no_sense_is_refused():
    tables = chain(2)
    with pytest.raises(KeyError, match="demand lacks the columns"):
        replay(tables | {"demand": tables["demand"].drop(columns="is_estimated")})
    with pytest.raises(ValueError, match="occurs twice in states"):
        replay(tables | {"states": pd.concat([tables["states"]] * 2)})
    with pytest.raises(ValueError, match="target must be one of"):
        replay(tables | {"states": tables["states"].assign(target="profit")})
    with pytest.raises(ValueError, match="demand_units must be zero or more"):
        replay(tables | {"demand": tables["demand"].assign(demand_units=-1.0)})


def test_the_textbook_is_asked_once_for_all_decisions(monkeypatch):
    asked = []
    textbook = order_rule.OrderRule.textbook

    def counted(rule, decisions):
        asked.append(len(decisions))
        return textbook(rule, decisions)

    monkeypatch.setenv("RESTOCK_THREADS", "1")
    monkeypatch.setattr(order_rule.OrderRule, "textbook", counted)
    replay(chain(4))
    # Eight decisions of four series that an order can still reach, by two models.
    assert asked == [8 * 4] * 2


def test_the_rule_in_force_ships():
    tables = chain()
    mixed = IN_FORCE.assign(order_rule=["textbook", "forecast", "forecast_lots"])
    rows = policy_replay.replay(
        **tables,
        rule_texts=order_rule_texts(),
        rules_in_force=mixed,
        n_paths=60,
        cover_days=21,
        period_days=7,
        seed=3,
    )
    by_rule = (
        rows[rows["model"] == "champion"]
        .assign(total=total_cost)
        .set_index(["policy", "product_id", "cutoff_index"])["total"]
    )
    number = by_rule["shipped"].index.get_level_values("product_id").str[1:].astype(int)
    for place, rule in enumerate(mixed["order_rule"]):
        own = number % 3 == place
        pd.testing.assert_series_equal(by_rule["shipped"][own], by_rule[rule][own])


def test_a_line_of_the_rule_moves_its_money():
    tables = chain()
    texts = order_rule_texts().copy()
    is_orders = texts["step"] == "orders"
    edited = texts["rule_sql"].str.replace(
        "reorder_point_units + cycle_stock_units as order_up_to_units",
        "reorder_point_units + cycle_stock_units + 9 as order_up_to_units",
    )
    texts["rule_sql"] = texts["rule_sql"].where(~is_orders, edited)
    arguments = {"n_paths": 60, "period_days": 7, "seed": 3}
    before, after = (
        policy_replay.replay_forecast_rule(**tables, rule_texts=rule, **arguments)
        for rule in (order_rule_texts(), texts)
    )
    assert after["holding_cost"].sum() > before["holding_cost"].sum() * 1.5


def test_a_rule_without_a_step_is_refused():
    with pytest.raises(ValueError, match=r"lacks the steps \['orders', 'textbook'\]"):
        order_rule.OrderRule(order_rule_texts().query("step == 'lots'"))


def test_lead_times_are_those_seen_or_planned():
    ids = [("L1", "A"), ("L1", "B")]
    happened = lead_time_draws.happened(
        ids,
        np.array([2.0, 1.5]),
        np.array([0.0, 0.5]),
        [np.array([0.4, 3.0]), np.empty(0)],
        n_decisions=4000,
        seed=1,
        tail=0.99,
    )
    # A lead time of .4 is a whole period in four of ten cases.
    assert set(happened[0]) == {0, 1, 3}
    assert happened[0].mean() == pytest.approx(1.7, abs=0.05)
    assert set(happened[1]) <= {0, 1, 2, 3, 4}
    assert happened[1].mean() == pytest.approx(1.5, abs=0.05)


def costs_of(values, policy):
    return pd.DataFrame(
        {
            "segment": "A smooth",
            "policy": policy,
            "model": "champion",
            "location_id": "L1",
            "product_id": [f"P{number}" for number in range(len(values))],
            "holding_cost": values,
            "shortage_cost": 0.0,
            "ordering_cost": 1.0,
        }
    )


def bounds(replays):
    table = replay_intervals.intervals(
        replays, reference_policy="a", reference_model="champion", seed=1
    )
    return table.set_index(["segment", "policy"]).sort_index()


def test_intervals_are_of_sums_over_series_drawn_anew():
    values = np.random.default_rng(2).gamma(2, 10, 60)
    table = bounds(pd.concat([costs_of(values, "a"), costs_of(values + 3, "b")]))
    error = np.sqrt(60) * values.std()
    row = table.loc[("all", "a")]
    assert row["total_cost_low"] == pytest.approx(
        values.sum() + 60 - 1.96 * error, abs=0.25 * error
    )
    assert row["total_cost_high"] == pytest.approx(
        values.sum() + 60 + 1.96 * error, abs=0.25 * error
    )
    # The same series, each dearer by three: the gap is certain.
    gap = table.loc[("A smooth", "b"), ["cost_gap", "cost_gap_low", "cost_gap_high"]]
    assert gap.tolist() == pytest.approx([180.0, 180.0, 180.0])
    assert (table.loc[(slice(None), "a"), "cost_gap_high"] == 0).all()


def test_four_series_say_nothing_about_the_spread():
    table = bounds(costs_of(np.arange(4.0), "a"))
    assert table["total_cost_low"].isna().all()
    assert (table["cost_gap"] == 0).all()
